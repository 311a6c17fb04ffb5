// Package hold keeps the ended spans of a trace together until the local part of the trace is
// complete, and then decides about all of them at once, for each connection that wants whole
// traces.
//
// # Parts
//
// A part is everything that the process records under one trace id, from the first start of a
// span until as many spans have ended as have started. Each ended span has a vote, for each
// connection; the smallest threshold of those that count is the part's. What a span is kept at is
// the larger of that and the span's own floor.
//
// Nothing that a part's threshold depends on may depend on the trace's randomness: then the spans
// that are kept stand for all. So no part is released early because its randomness is high enough
// already, and a part that can't be held any longer (wait, size, memory) is decided by what is
// known of it: it isn't cut, dropped or kept as a whole.
//
// # Afterwards
//
// What was decided is remembered, in a memory of a fixed size. Spans that end later follow it, and
// may lower it. A part of the same trace that begins later starts with it.
package hold
