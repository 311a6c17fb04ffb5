// Package tracehook is the contract between an application and whoever records its
// traces. It needs nothing but the standard library.
//
// # The model
//
// A [Meta] goes with one unit of work, such as a request or a job, and carries its [context.Context].
// [Meta.Begin] opens a span and [TraceSpan].End closes it; [Meta.Trace] records something that has
// happened, as a span of no length. What becomes of them is up to the [TraceHook] that was attached with
// [Attach]; package otelbridge has one that makes OpenTelemetry spans. With none attached, Begin and Trace
// do nothing and cost next to nothing, so that libraries can call them always.
//
// Across processes, a Meta travels as a W3C traceparent header ([Meta.TraceParent],
// [Meta.ParseTraceParent]) or, with everything that belongs to it, as a [Metadata].
//
// Names such as TraceId are spelled as the framework spells them, so that its call
// sites compile unchanged.
package tracehook
