// Package otelbridge puts the tracing API of a framework on OpenTelemetry.
//
// [Hook] makes OpenTelemetry spans of what a framework traces, on any TracerProvider,
// for any framework type that is a [Carrier]: [NewHook].
package otelbridge
