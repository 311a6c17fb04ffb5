package redact

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/report"
)

// Writer is an exporter that redacts spans itself while it encodes them, which costs less than to
// look at each span before.
type Writer interface {
	// Redact is called before the first export. It reports whether the exporter redacts with r
	// everything that it writes from now on, its spool included.
	Redact(r *Redactor) bool
}

// Exporter returns an exporter that gives redacted spans to next, and to its spool if it has one. It
// is next itself if r is nil, or if next is a [Writer] that redacts with r.
func (r *Redactor) Exporter(next sdktrace.SpanExporter) sdktrace.SpanExporter {
	if r == nil || next == nil {
		return next
	}
	if w, ok := next.(Writer); ok && w.Redact(r) {
		return next
	}
	e := exporter{next, r}
	if spool := report.SpoolOf(next); spool.CanSpool() {
		return &spooler{e, spool}
	}
	return &e
}

type exporter struct {
	next sdktrace.SpanExporter
	r    *Redactor
}

func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return e.next.ExportSpans(ctx, e.r.Spans(spans))
}

func (e *exporter) Shutdown(ctx context.Context) error { return e.next.Shutdown(ctx) }

// Unwrap returns the exporter that gets the redacted spans: whoever looks for what else it can do
// finds that.
func (e *exporter) Unwrap() sdktrace.SpanExporter { return e.next }

// spooler is an exporter whose next one has a spool.
type spooler struct {
	exporter
	spool report.Spool
}

// SpoolSpans keeps redacted spans: a secret doesn't reach the disk either.
func (s *spooler) SpoolSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return s.spool.SpoolSpans(ctx, s.r.Spans(spans))
}
