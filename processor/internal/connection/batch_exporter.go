package connection

import (
	"context"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// batchExporter is the exporter that the batcher sees.
type batchExporter struct{ c *Connection }

// ExportSpans exports a copy of spans, since the batcher reuses its slice, and returns when
// the export has finished or was abandoned. It never returns an error: the batcher could
// only hand it to the global error handler.
func (e batchExporter) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	c := e.c
	began := time.Now()
	batch, total := c.env.exported(spans)
	if !c.acquire(nil) {
		c.ledger.Update(func(t *ledger.Totals) { t.Refuse(total) })
		c.settled(total.Spans, true)
		return nil
	}
	<-c.export(batch, total, began, true).done //nolint:contextcheck // the batcher's context says nothing; ours bounds the export
	return nil
}

// Shutdown does nothing: the connection shuts its exporter down itself, when no export is
// running.
func (batchExporter) Shutdown(context.Context) error { return nil }

// settled ends the way of n spans that the ledger has booked.
func (c *Connection) settled(n uint64, credited bool) {
	if credited {
		c.gate.give(int(n))
	} else {
		c.uncredited.Add(-int64(n))
	}
	c.progress.note()
}
