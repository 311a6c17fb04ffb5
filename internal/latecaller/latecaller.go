// Package latecaller is about callers that are heard of after the span for their request has begun: a
// framework that parses headers below it. The span stays what it is; spans that begin below it from then
// on have the caller's sampled flag.
package latecaller

import "go.opentelemetry.io/otel/trace"

// Span stands for a span as the parent of those that begin after its caller was heard of. Its context
// has the caller's flag.
type Span struct {
	trace.Span
	sampled bool
}

// Over returns what stands for s.
func Over(s trace.Span, sampled bool) *Span { return &Span{s, sampled} }

// SpanContext returns that of the span with the caller's flag.
func (s *Span) SpanContext() trace.SpanContext {
	sc := s.Span.SpanContext()
	return sc.WithTraceFlags(sc.TraceFlags().WithSampled(s.sampled))
}
