// Package connection is one generation of a connection: a bounded queue, the official
// BatchSpanProcessor, an exporter, and what happens when the queue is full.
//
// # The way of a span
//
// [Connection.Offer] takes a credit from the queue's gate and puts the span on the [stage] before its
// batcher, where many spans become one item of it. The batcher has room for every credit. If the gate is full,
// the [Overflow] decides; if it is closed, the span goes to the successor. The batcher's goroutine hands
// batches to [batchExporter], which gives the credits back when the export has returned or was abandoned.
// Credits that are given back go to those who stand in the queue's lines, in their order. Spans for the
// exporter's spool have a queue of their own. A span that its caller exports has no credit: exporting
// counts it.
//
// # The token
//
// Whoever calls ExportSpans or Shutdown of the exporter holds the token, so that the exporter
// is never called twice at once. An export that is abandoned keeps the token until it returns.
// A connection that isn't open yet holds its own token. The shutdown takes it for good.
//
// # Generations
//
// A reload that changes a connection makes a new one of the same name. In this order: the new
// one is opened, unless it claims what the old one still has; it begins, so that spans are let
// in; the old one learns its successor; the new list is in force; the old one's gate closes;
// the old one drains, shuts its exporter down and leaves the ledger. Whoever finds the old gate
// closed finds the successor. A new connection that waits for claims collects spans meanwhile
// and is opened when the old exporter is released.
package connection
