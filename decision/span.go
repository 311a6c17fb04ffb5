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
	// Recorded is the threshold from which on the head sampler recorded such spans for certain,
	// whatever they turned out to be: [Always] if it dropped none, or for a Foreign span. A
	// connection that came later, with a reload, and would keep more than was recorded must
	// count at Recorded instead of its own threshold. [Never] says that nothing is certain.
	// [Notes] sets it, and the three fields below.
	Recorded Threshold
	// Origin says who decided about the span at its start.
	Origin Origin
	// Entry is what a remote parent said, where another sampler didn't go on with it; nil if
	// Context and State say the same.
	Entry *Entry
	// Export reports that the span was started inside an export of ours, see [ExportContext].
	Export bool
	// Error reports status error, which the hook sets for every framework status but ok; or an event
	// "exception" where nobody has set a status: so a panic that only passes by a span looks, which
	// instrumentation inside of a recovering framework ends.
	Error bool
}

// Read reads s, which must have ended. The span is Foreign until [Notes] says otherwise. It
// doesn't allocate.
func Read(s sdktrace.ReadOnlySpan) Span {
	sc := s.SpanContext()
	return Span{
		Ended:    s,
		Context:  sc,
		State:    ReadState(sc.TraceState(), sc.TraceID()),
		Duration: duration(s),
		Error:    failed(s),
	}
}

// exception is the name of the event that OpenTelemetry records for errors and panics.
const exception = "exception"

// failed reports whether s counts as an error.
func failed(s sdktrace.ReadOnlySpan) bool {
	switch s.Status().Code {
	case codes.Error:
		return true
	case codes.Ok:
		return false
	default:
	}
	events := s.Events()
	for i := range events {
		if events[i].Name == exception {
			return true
		}
	}
	return false
}

// Entry is what a remote parent says about sampling. It is immutable.
type Entry struct {
	// Sampled is its flag.
	Sampled bool
	// HasThreshold, CarriesThreshold and Threshold are those of its [State].
	HasThreshold, CarriesThreshold bool
	Threshold                      Threshold
}

// Before returns Entry or, if that is nil, what Context and State say.
func (s *Span) Before() Entry {
	if s.Entry != nil {
		return *s.Entry
	}
	return Entry{s.Context.IsSampled(), s.State.HasThreshold, s.State.CarriesThreshold, s.State.Threshold}
}
