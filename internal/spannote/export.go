package spannote

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// InExport reports whether a span below parent that starts in ctx is part of an export. A parent
// that is remembered answers for all contexts above it: an export's context has no span, so that
// none of them can be an export's own.
func (t *Table) InExport(ctx context.Context, parent *trace.SpanContext) bool {
	if parent.IsValid() && !parent.IsRemote() {
		if n, ok := t.Get(parent); ok {
			return n.Export()
		}
	}
	return decision.IsExport(ctx)
}

// Exports are notes for processors without a head sampler: all spans are foreign, and those of
// exports are told apart.
type Exports struct{ table *Table }

var _ decision.Notes = Exports{}

// NewExports returns empty notes.
func NewExports() Exports { return Exports{NewTable()} }

// Started implements [decision.Notes].
func (e Exports) Started(ctx context.Context, s sdktrace.ReadWriteSpan) {
	sc, parent := s.SpanContext(), s.Parent()
	e.table.Put(&sc, New(decision.Foreign, e.table.InExport(ctx, &parent), 0))
}

// Ended implements [decision.Notes].
func (e Exports) Ended(s *decision.Span) {
	if n, ok := e.table.End(&s.Context); ok {
		s.Export = n.Export()
	}
}

// Dropped implements [decision.Notes]. It is 0: nothing is known of spans that are not recorded.
func (Exports) Dropped() uint64 { return 0 }
