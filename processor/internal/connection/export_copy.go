package connection

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// copyForm is how the exported copy of a span differs from the span, and what the copy stands
// for. Many spans share one.
type copyForm struct {
	state     trace.TraceState
	threshold decision.Threshold
	none      bool // no copy: the span itself is the truth
	rewrite   bool
}

// queued is what a queue holds of a span. It takes 32 bytes, for all connections that export the
// same. Exporters never see it. It is a span only because batchers take nothing else, and the one
// thing that they ask is whether it is sampled: the span's own answer costs a copy of it, each time,
// and may be no.
type queued struct {
	sdktrace.ReadOnlySpan
	form  *copyForm
	bytes int64 // that the queue counts
}

//nolint:gochecknoglobals // a constant; making one for each call takes three times as long
var sampled = trace.SpanContext{}.WithTraceFlags(trace.FlagsSampled)

// SpanContext says that the span is sampled, and nothing else.
func (*queued) SpanContext() trace.SpanContext { return sampled }

// exported returns what the exporter gets.
func (q *queued) exported() sdktrace.ReadOnlySpan {
	if q.form.none {
		return q.ReadOnlySpan
	}
	return (*exportCopy)(q)
}

// exportCopy is what exporters get of a span that doesn't say the truth itself: its sampled
// flag or its tracestate differs.
type exportCopy queued

func (c *exportCopy) SpanContext() trace.SpanContext {
	sc := c.ReadOnlySpan.SpanContext()
	if c.form.rewrite {
		sc = sc.WithTraceState(c.form.state)
	}
	return sc.WithTraceFlags(sc.TraceFlags() | trace.FlagsSampled)
}

// Unwrap returns the span itself.
func (c *exportCopy) Unwrap() sdktrace.ReadOnlySpan { return c.ReadOnlySpan }

// explained is what a queue holds where the verdict is to be exported, too.
type explained struct {
	queued
	verdict decision.Verdict
	explain Explain
}

// queuedOf returns what a queue holds.
func queuedOf(s sdktrace.ReadOnlySpan) *queued {
	switch q := s.(type) {
	case *queued:
		return q
	case *explained:
		return &q.queued
	default: // nothing else is put into a queue
		return &queued{s, &copyForm{none: true}, 0}
	}
}

// described is a span with further attributes.
type described struct {
	sdktrace.ReadOnlySpan
	attrs []attribute.KeyValue
}

func (d *described) Attributes() []attribute.KeyValue { return d.attrs }

// Unwrap returns what attributes were added to.
func (d *described) Unwrap() sdktrace.ReadOnlySpan { return d.ReadOnlySpan }

// described returns what the exporter gets, with what Explain says added to a copy of the
// attributes: the backing array of the span's own is shared by all connections. An Explain
// that panics adds nothing.
func (e *explained) described() (out sdktrace.ReadOnlySpan) {
	plain := e.exported()
	defer func() {
		if recover() != nil {
			out = plain
		}
	}()
	more := e.explain(e.verdict)
	own := plain.Attributes()
	attrs := make([]attribute.KeyValue, 0, len(own)+len(more))
	attrs = append(append(attrs, own...), more...)
	return &described{ReadOnlySpan: plain, attrs: attrs}
}

// copyCache remembers the last few forms: most spans of a connection have one of a handful.
type copyCache [16]atomic.Pointer[copyForm]

// form returns what the verdict makes of the span.
func (c *copyCache) form(s *Ended) *copyForm {
	v := &s.Verdict
	if v.Rewrite && v.State.Len() > 1 {
		return newForm(s)
	}
	// Fibonacci hashing: thresholds differ in their upper bits.
	at := &c[uint64(v.Threshold)*0x9e3779b97f4a7c15>>60]
	f := at.Load()
	switch {
	case f == nil || f.threshold != v.Threshold || f.none != s.truthful || f.rewrite != v.Rewrite:
		f = newForm(s)
		at.Store(f)
	case v.Rewrite && !same(f.state, v.State):
		// An rv for each span, most likely: no other span will have the same.
		return newForm(s)
	}
	return f
}

func newForm(s *Ended) *copyForm {
	f := &copyForm{threshold: s.Verdict.Threshold, none: s.truthful, rewrite: s.Verdict.Rewrite}
	if f.rewrite {
		f.state = s.Verdict.State
	}
	return f
}

// same reports whether a and b are equal, for tracestates of at most one member. It may
// say no to equal ones of another vendor's key.
func same(a, b trace.TraceState) bool {
	if a.Len() != b.Len() {
		return false
	}
	ot := a.Get("ot")
	return a.Len() == 0 || ot != "" && ot == b.Get("ot")
}
