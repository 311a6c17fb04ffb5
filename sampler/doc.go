// Package sampler decides which spans are kept: by each connection on its own ([Policy]),
// when a span has ended and its status and duration are known, and for the process as a
// whole ([Head]), when a span starts.
//
// # Two decisions
//
// A [Head] is a sampler for the OpenTelemetry SDK. It records whatever some connection
// might keep, sets the sampled flag and the threshold (th) that other services build on,
// and leaves a mark in the tracestate that says who decided. A [Policy] looks at the ended
// span and answers for one connection: keep or not, at which probability, and what the
// exported copy has to say about its weight. Both use the same 56 random bits of the trace
// id, so that a trace kept at 1 % is kept at 10 % as well, everywhere.
//
// # The order of a policy
//
// Errors are kept, then slow spans, then the rules decide, then the rate. The dynamic factor
// lowers what rules and rate give while the connection's queue is nearly full; the limit
// bounds everything, errors too. docs/sampling.md explains each step with an example.
//
// # Beside it
//
// [Always], [Never], [Counter], [TraceIDRatio], [ParentBased] and [RateLimit] are plain
// samplers for those who need no connections at all.
//
// Everything here may be used from any goroutine. Nothing blocks.
package sampler
