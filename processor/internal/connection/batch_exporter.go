package connection

import (
	"context"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// batchExporter is the exporter that the batcher of the queue sees.
type batchExporter struct{ c *Connection }

// ExportSpans takes the spans of items out of their bundles, exports them, and returns when the export has
// finished or was abandoned. It never returns an error: the batcher could only hand it to the global error
// handler.
func (e batchExporter) ExportSpans(_ context.Context, items []sdktrace.ReadOnlySpan) error {
	c := e.c
	began := time.Now()
	b := newBatch(unbundled(items))
	if !c.acquire(nil) {
		c.account.Update(func(t *ledger.Totals) { t.Refuse(b.total) })
		c.settled(&b, c.queue)
		return nil
	}
	<-c.export(b, c.queue, began).done //nolint:contextcheck // the batcher's context says nothing; ours bounds the export
	return nil
}

// Shutdown does nothing: the connection shuts its exporter down itself, when no export is
// running.
func (batchExporter) Shutdown(context.Context) error { return nil }

// spoolExporter is the exporter that the batcher of the spool's queue sees.
type spoolExporter struct{ c *Connection }

// ExportSpans takes the spans of items out of their bundles and hands them to the exporter's spool. It waits
// as long as that takes, or until the connection is shut down.
func (e spoolExporter) ExportSpans(_ context.Context, items []sdktrace.ReadOnlySpan) error {
	c := e.c
	b := newBatch(unbundled(items))
	if c.ctx.Err() != nil {
		c.account.RefuseSpool(b.total, errAbandoned)
		c.settled(&b, c.spool)
		return nil //nolint:nilerr // as above: an error is of no use to the batcher
	}
	<-c.export(b, c.spool, time.Now()).done //nolint:contextcheck // as above
	return nil
}

// Shutdown does nothing.
func (spoolExporter) Shutdown(context.Context) error { return nil }

// settled ends the way of a batch that the ledger has booked. Spans that a caller has exported
// have no queue.
func (c *Connection) settled(b *batch, q *queue) {
	if q != nil {
		q.leave(len(b.spans), b.bytes)
	} else {
		c.exporting.Add(-int64(len(b.spans)))
	}
	c.progress.note()
}
