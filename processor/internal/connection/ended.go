package connection

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// Ended is an ended span and the verdict of the connection that it is being offered to.
type Ended struct {
	Span    decision.Span
	Verdict decision.Verdict

	truthful bool // the span itself says what the verdict does
	urgent   bool // kept by error or slow
	waiting  []waiter

	bytes int64     // an estimate of what the span takes; 0 until somebody asks
	form  *copyForm // what the verdict makes of the span; nil until a connection keeps it
	last  *queued   // for connections that have the same verdict
	free  []queued  // the rest of a small slab: one allocation for some spans
}

// slab is how many spans share an allocation. It is small, since one of them keeps all others
// alive as long as an exporter, or an Ended in a pool, refers to it.
const slab = 8

// Judge derives from a new Verdict what each connection would have to find out again.
func (s *Ended) Judge() {
	v := &s.Verdict
	s.form = nil
	s.urgent = v.Reason.Urgent() || v.Reason == decision.ByTrace && v.Cause.Urgent()
	s.truthful = !v.Rewrite && s.Span.Context.IsSampled() && OwnThreshold(&s.Span.State) == v.Threshold
}

// Set makes s an ended span of so many bytes with a verdict.
func (s *Ended) Set(span *decision.Span, v *decision.Verdict, bytes int64) {
	s.Span, s.Verdict, s.bytes, s.last = *span, *v, bytes, nil
	s.Judge()
}

// MustWait reports whether Wait has something to do.
func (s *Ended) MustWait() bool { return len(s.waiting) > 0 }

// Size estimates how many bytes the span takes. It must not be called by several goroutines at
// once.
func (s *Ended) Size() int64 {
	if s.bytes == 0 {
		s.bytes = decision.SizeOf(s.Span.Ended, s.Span.Context.SpanID())
	}
	return s.bytes
}

// Forget lets go of the span, and of what would keep it alive.
func (s *Ended) Forget() {
	s.bytes = 0
	s.Span.Ended, s.Span.Context, s.last = nil, trace.SpanContext{}, nil
}

// queued returns what the queue of c holds for the span.
func (s *Ended) queued(c *Connection, explain Explain) sdktrace.ReadOnlySpan {
	switch {
	case s.form != nil:
	case s.truthful: // for whichever connections that is so
		s.form = c.env.asIs.form(s)
	default:
		s.form = c.copies.form(s)
	}
	if explain != nil {
		return &explained{queued{s.Span.Ended, s.form, s.Size()}, s.Verdict, explain}
	}
	if s.last == nil || s.last.form != s.form {
		if len(s.free) == 0 {
			s.free = make([]queued, slab)
		}
		s.last, s.free = &s.free[0], s.free[1:]
		s.last.ReadOnlySpan, s.last.form, s.last.bytes = s.Span.Ended, s.form, s.Size()
	}
	return s.last
}

// OwnThreshold is the threshold that a span's own tracestate tells of.
func OwnThreshold(st *decision.State) decision.Threshold {
	if st.HasThreshold {
		return st.Threshold
	}
	return decision.Always
}

// batch is queued spans as they are exported.
type batch struct {
	spans []sdktrace.ReadOnlySpan
	total ledger.Tally // what they stand for
	bytes int64        // what they take in the queue
}

// newBatch returns what the exporter gets of queued spans, in their slice.
func newBatch(spans []sdktrace.ReadOnlySpan) batch {
	b := batch{spans: spans, total: ledger.Tally{Spans: uint64(len(spans))}}
	for i, s := range spans {
		q := queuedOf(s)
		b.spans[i] = q.exported()
		if e, ok := s.(*explained); ok {
			b.spans[i] = e.described()
		}
		b.total.Extra += ledger.Surplus(q.form.threshold)
		b.bytes += q.bytes
	}
	return b
}
