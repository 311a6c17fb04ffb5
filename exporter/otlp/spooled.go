package otlp

import (
	"context"
	"errors"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// Spooled is an exporter that keeps on disk what it can't deliver.
type Spooled struct {
	*Exporter

	spool *spool.Spool
}

// NewSpooled returns an exporter with a spool, which it opens and owns. A file of the spool is
// the body of a request, with the extension .otlp for protobuf and .json for JSON.
func NewSpooled(ctx context.Context, o Options, keep spool.Options) (*Spooled, error) {
	if o.Budget <= 0 {
		o.Budget = delivery.SpooledBudget
	}
	e, err := New(ctx, o)
	if err != nil {
		return nil, err
	}
	if o.JSON {
		keep.Kind = "json"
	}
	kept, err := spool.Open(ctx, e.out.Sender(), keep)
	if err != nil {
		return nil, errors.Join(err, e.Shutdown(ctx))
	}
	e.out.Keep(kept)
	return &Spooled{e, kept}, nil
}

// SpoolSpans writes spans to disk without trying the destination first: for a queue that is
// full. It may be called while an export runs. A nil error means that all of them are in the
// spool.
func (e *Spooled) SpoolSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return e.out.Store(ctx, e.encode(spans))
}

// SpoolCounts returns, in spans, what waits on disk, and what this process has replayed,
// given up to dead/ and removed because of its age.
func (e *Spooled) SpoolCounts() (pending, replayed, dead, expired int64) {
	return e.spool.Counts()
}

// SpoolInherited returns how many spans an earlier process had left in the spool.
func (e *Spooled) SpoolInherited() int64 { return e.spool.Inherited() }
