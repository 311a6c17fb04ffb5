// Package otelbridge writes the spans of a process to several connections at once, as one
// configuration file describes them. Spans may come from a framework's tracing API, from
// otel.Tracer, or from instrumentation such as otelhttp.
//
// # A process of its own
//
// [Open] reads the file, reports everything that is wrong with it in one error, and returns a
// [Bridge]: a TracerProvider of the official SDK, with a head sampler in front and one processor
// for all connections behind it. [Bridge.Install] makes it what the process uses.
// [Bridge.Shutdown] exports what is queued, and its error says for each connection what was lost.
//
//	b, err := otelbridge.Open(ctx, "trace.toml", otelbridge.WithLogger(slog.Default()))
//	if err != nil {
//		return err
//	}
//	b.Install()
//	defer b.Shutdown(context.Background())
//
// [New] does the same with a [config.Config] that is read already, [Check] without starting
// anything. [Bridge.Reload] and [Bridge.Watch] take over a new configuration without losing a span.
// [Bridge.Stats], [Bridge.Health] and [Bridge.Explain] say where spans went, whether each
// connection works, and what becomes of a span before it is there.
//
// # A service with a TracerProvider
//
// An application that has a TracerProvider registers [Bridge.SpanProcessor] with it, and keeps its
// sampler. Where the provider can take the Bridge's own sampler, [Bridge.Sampler], weights are
// known and the dropped spans cost nothing.
//
// # A framework
//
// [NewModule] makes a [Module], which a framework mounts in place of its own trace module: it reads
// the framework's configuration and follows its life cycle. [NewHook] makes a [Hook], the
// framework's tracing API alone, on any TracerProvider. Both are generic in the framework's types,
// which have to be a [Carrier] and something with a method End; neither side imports the other.
//
// # Drivers
//
// A connection names a driver: console, file, otlp, otlptracehttp, greptime, yaml, stdout, memory or
// none. [WithDriver] adds one around any SpanExporter. Their settings are in docs/drivers.md.
//
// # Smaller programs
//
// This package links every driver and propagator. Package bridge has the same Bridge and Module and
// links the drivers that it is given; package otelhook is the Hook alone and needs OpenTelemetry's
// API only.
package otelbridge
