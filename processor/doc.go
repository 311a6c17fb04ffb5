// Package processor writes every ended span to several connections at once and can say
// what became of each span.
//
// A connection is one named destination: an exporter with a queue, an official
// BatchSpanProcessor, and a [decision.Decider] of its own. [Fanout] is the one
// SpanProcessor that a TracerProvider needs for all of them. Start with [New].
//
// # Isolation
//
// No connection's slowness, hang, error or panic delays another one, and it delays the
// caller of End no longer than the connection's own [Overflow] says. A connection never
// has two exports at once. An export that outlives its timeout is abandoned: its spans
// count as abandoned until it returns, and the next export waits for it.
//
// # Accounts
//
// For every connection, in every snapshot that [Fanout.Stats] takes:
//
//	offered  = held + accepted + sampled_out + rate_limited + dropped
//	accepted = pending + abandoned + exported + failed + spooled
//	inherited + spooled = spool_pending + replayed + dead + expired
//
// Offered, pending and spool_pending are derived from the others, which are counted
// independently; at rest pending is what the queue itself says: nothing. Every loss has a
// twin in adjusted counts (how many spans the lost ones stood for), so that exported plus
// lost estimates all ended spans without bias.
//
// [Fanout.ForceFlush] and [Fanout.Shutdown] return what was lost and not told yet as a [LossError]:
// what failed, was abandoned, dropped, or lost in a spool. What sampling has left out is no loss, nor
// is what a limit or the dynamic factor has, since the weights of the other spans stand for it.
//
// # Reload
//
// [Fanout.Reload] replaces the list of connections while spans are ending: none is lost,
// none is exported twice. A connection whose name and fingerprint stay keeps its queue
// and its exporter.
//
// Everything in this package is safe for concurrent use, except where it says otherwise.
package processor
