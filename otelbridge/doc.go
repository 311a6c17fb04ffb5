// Package otelbridge puts the tracing API of a framework on OpenTelemetry, with every driver and
// propagator of this module.
//
// [Open] makes a [Bridge] of a configuration file. [NewModule] makes one that a framework mounts.
// [NewHook] puts the framework's API on a TracerProvider without a Bridge.
//
// Programs that want to contain less use package bridge, which is given its drivers, or package
// otelhook, which is the hook alone.
package otelbridge
