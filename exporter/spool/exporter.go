package spool

import (
	"context"
	"errors"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

// Exporter is a network exporter that keeps on disk what it can't deliver.
type Exporter struct {
	*delivery.Exporter

	spool *Spool
}

var _ report.Spooler = (*Exporter)(nil)

// NewExporter opens a spool for e, which must not have exported anything yet. If that fails, e is
// shut down. The exporter owns both.
func NewExporter(ctx context.Context, e *delivery.Exporter, o Options) (*Exporter, error) {
	s, err := Open(ctx, e.Sender(), o)
	if err != nil {
		return nil, errors.Join(err, e.Shutdown(ctx))
	}
	e.Keep(s)
	return &Exporter{e, s}, nil
}

// SpoolSpans writes spans to disk without trying the destination first: for a queue that is
// full. It may be called while an export runs. A nil error means that all of them are in the
// spool, any other that none is: a span that can't be sent keeps the others out.
func (e *Exporter) SpoolSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return e.Put(ctx, spans)
}

// SpoolCounts returns, in spans, what waits on disk, and what this process has replayed, given up
// to dead/ and removed because of its age.
func (e *Exporter) SpoolCounts() (pending, replayed, dead, expired int64) { return e.spool.Counts() }

// SpoolDead returns why the last batch in dead/ was refused for good, nil if this process has put none
// there.
func (e *Exporter) SpoolDead() error { return e.spool.lastDead() }

// SpoolInherited returns how many spans an earlier process had left in the spool.
func (e *Exporter) SpoolInherited() int64 { return e.spool.Inherited() }
