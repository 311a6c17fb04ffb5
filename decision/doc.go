// Package decision is the vocabulary that samplers and processors share: what is
// known of an ended span ([Span]), what one connection decided about it
// ([Verdict]), and the arithmetic of OpenTelemetry's consistent probability
// sampling that both speak ([Threshold], [Randomness], [State]).
//
// # The arithmetic
//
// Every trace has 56 bits of randomness R: the low seven bytes of its trace id, or
// the rv sub-key of the ot tracestate member. A sampler of probability p has the
// rejection threshold T = (1-p) * 2^56 and keeps a span if and only if R >= T.
// Because R is the same everywhere, a 1 % sampler keeps a subset of what a 10 %
// sampler keeps, in every service and on every connection. The threshold travels
// as the th sub-key, so that a reader knows what each span stands for: 2^56 / (2^56 - T)
// spans, its adjusted count.
//
// Sources: OpenTelemetry specification, "TraceState: Probability Sampling" and
// "Tracestate handling"; W3C Trace Context, section 3.3.
//
// Everything here is a plain value; nothing blocks, logs or keeps state.
package decision
