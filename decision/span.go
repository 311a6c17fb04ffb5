package decision

import (
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Span is an ended span with what every connection asks of it, read once. It is shared
// by all connections: nobody may change it or what it refers to.
type Span struct {
	// Ended is the span itself.
	Ended sdktrace.ReadOnlySpan
	// Context is Ended.SpanContext().
	Context trace.SpanContext
	// State is what Context's tracestate says about sampling.
	State State
	// Duration is end minus start, never negative.
	Duration time.Duration
	// Error reports status error. The hook sets it for every framework status but ok.
	Error bool
}

// Read reads s, which must have ended. It doesn't allocate.
func Read(s sdktrace.ReadOnlySpan) Span {
	sc := s.SpanContext()
	return Span{
		Ended:    s,
		Context:  sc,
		State:    ReadState(sc.TraceState(), sc.TraceID()),
		Duration: duration(s),
		Error:    s.Status().Code == codes.Error,
	}
}
