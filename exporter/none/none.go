package none

import (
	"context"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// Driver returns the driver "none". It has no settings and no vote on the sampled flag.
func Driver() exporter.Driver {
	return exporter.Driver{
		New: func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			if err := check(s); err != nil {
				return nil, err
			}
			return New(), nil
		},
		Check: check,
		Local: true,
	}
}

func check(s exporter.Settings) error { return s.Table("setting").Err() }

// Exporter counts spans. It is safe for concurrent use.
type Exporter struct {
	count    atomic.Int64
	shutdown atomic.Bool
}

var (
	_ sdktrace.SpanExporter = (*Exporter)(nil)
	_ redact.Writer         = (*Exporter)(nil)
)

// New returns an Exporter.
func New() *Exporter { return &Exporter{} }

// Redact implements [redact.Writer]: a destination that writes nothing shows nothing.
func (*Exporter) Redact(*redact.Redactor) bool { return true }

// ExportSpans counts spans, unless ctx is done, whose error it returns, or the exporter
// was shut down.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if e.shutdown.Load() {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	e.count.Add(int64(len(spans)))
	return nil
}

// Count returns how many spans were exported. It goes on working after Shutdown.
func (e *Exporter) Count() int64 { return e.count.Load() }

// Shutdown makes later exports do nothing. It never fails.
func (e *Exporter) Shutdown(context.Context) error {
	e.shutdown.Store(true)
	return nil
}

// MarshalLog describes the exporter for OTel's own log.
func (*Exporter) MarshalLog() any { return struct{ Type string }{"none"} }
