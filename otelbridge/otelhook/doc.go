// Package otelhook makes OpenTelemetry spans of what a framework traces.
//
// A [Hook] works on any TracerProvider and for any framework type that is a [Carrier]. The
// package needs OpenTelemetry's API and nothing else of this module but the contract, package
// tracehook.
package otelhook
