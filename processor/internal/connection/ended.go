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

// queued returns what a queue holds for the span: the span itself if that is what is
// exported.
func (s *Ended) queued(cache *copyCache, explain Explain) sdktrace.ReadOnlySpan {
	if s.truthful && explain == nil {
		return s.Span.Ended
	}
	if s.form == nil {
		s.form = cache.form(s)
	}
	if explain != nil {
		return &explained{queued{s.Span.Ended, s.form}, s.Verdict, explain}
	}
	if s.last == nil || s.last.form != s.form {
		if len(s.free) == 0 {
			s.free = make([]queued, slab)
		}
		s.last, s.free = &s.free[0], s.free[1:]
		s.last.ReadOnlySpan, s.last.form = s.Span.Ended, s.form
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

// batch returns what the exporter gets of queued spans.
func (env *Environment) batch(spans []sdktrace.ReadOnlySpan) batch {
	b := batch{spans: make([]sdktrace.ReadOnlySpan, len(spans)), total: ledger.Tally{Spans: uint64(len(spans))}}
	for i, s := range spans {
		switch q := s.(type) {
		case *queued:
			b.spans[i] = q.exported()
		case *explained:
			b.spans[i] = q.described()
		default:
			b.spans[i] = s
		}
		own, form := unwrap(s)
		sc := own.SpanContext()
		b.total.Extra += ledger.Surplus(env.threshold(form, &sc))
		b.bytes += decision.SizeOf(own, sc.SpanID())
	}
	return b
}

// threshold returns what a queued span was kept at, of which unwrap has returned form.
func (env *Environment) threshold(form *copyForm, sc *trace.SpanContext) decision.Threshold {
	if form != nil {
		return form.threshold
	}
	st := env.Reader.State(sc.TraceState(), sc.TraceID())
	return OwnThreshold(&st)
}
