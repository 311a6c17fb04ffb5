package wire

import (
	"iter"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Span is a span and what it belongs to.
type Span struct {
	Resource *tracepb.ResourceSpans
	Scope    *tracepb.ScopeSpans
	Span     *tracepb.Span
}

// Spans iterates over the spans of data, in their order.
func Spans(data *tracepb.TracesData) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for _, r := range data.GetResourceSpans() {
			for _, s := range r.GetScopeSpans() {
				for _, span := range s.GetSpans() {
					if span != nil && !yield(Span{r, s, span}) {
						return
					}
				}
			}
		}
	}
}
