package processor

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// change is what a connection makes of a span when it exports it, and what that stands for.
// Many spans share one.
type change struct {
	state     trace.TraceState
	threshold decision.Threshold
	none      bool // the span itself is the truth
	rewrite   bool
}

// queued is what a queue holds of a span that is exported with a change. It takes 24 bytes.
// Exporters never see it. It is a span only because batchers take nothing else, and the one
// thing that they ask is whether it is sampled: the span's own answer costs a copy of it,
// each time, and may be no.
type queued struct {
	sdktrace.ReadOnlySpan
	change *change
}

// SpanContext says that the span is sampled, and nothing else.
func (*queued) SpanContext() trace.SpanContext {
	return trace.SpanContext{}.WithTraceFlags(trace.FlagsSampled)
}

// exported returns what the exporter gets.
func (q *queued) exported() sdktrace.ReadOnlySpan {
	if q.change.none {
		return q.ReadOnlySpan
	}
	return (*promoted)(q)
}

// explained is what waits where the verdict is to be exported, too.
type explained struct {
	queued
	verdict decision.Verdict
	explain Explain
}

// promoted is what exporters get of a queued span where the span itself doesn't say the
// truth: its sampled flag or its tracestate.
type promoted queued

func (p *promoted) SpanContext() trace.SpanContext {
	sc := p.ReadOnlySpan.SpanContext()
	if p.change.rewrite {
		sc = sc.WithTraceState(p.change.state)
	}
	return sc.WithTraceFlags(sc.TraceFlags() | trace.FlagsSampled)
}

// described is a span with further attributes.
type described struct {
	sdktrace.ReadOnlySpan
	attrs []attribute.KeyValue
}

func (d *described) Attributes() []attribute.KeyValue { return d.attrs }

// changes remembers the last few, since most spans of a connection get one of a handful.
type changes [16]atomic.Pointer[change]

// of returns what the verdict makes of v's span.
func (c *changes) of(v *view) *change {
	d := &v.verdict
	if d.Rewrite && d.State.Len() > 1 {
		return newChange(v)
	}
	// Fibonacci hashing: thresholds differ in their upper bits.
	at := &c[uint64(d.Threshold)*0x9e3779b97f4a7c15>>60]
	p := at.Load()
	switch {
	case p == nil || p.threshold != d.Threshold || p.none != v.truthful || p.rewrite != d.Rewrite:
		p = newChange(v)
		at.Store(p)
	case d.Rewrite && !same(p.state, d.State):
		// An rv for each span, most likely: no other span will have the same.
		return newChange(v)
	}
	return p
}

func newChange(v *view) *change {
	c := &change{threshold: v.verdict.Threshold, none: v.truthful, rewrite: v.verdict.Rewrite}
	if c.rewrite {
		c.state = v.verdict.State
	}
	return c
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

// ownWeight is the threshold that a span's own tracestate tells of.
func ownWeight(st decision.State) decision.Threshold {
	if st.HasThreshold {
		return st.Threshold
	}
	return decision.Always
}

// surplus returns how many spans one kept at t stands for besides itself.
func surplus(t decision.Threshold) float64 {
	if t == decision.Always || t >= decision.Never {
		return 0
	}
	return t.AdjustedCount() - 1
}
