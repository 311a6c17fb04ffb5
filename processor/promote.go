package processor

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// weigher is an exported copy that knows what its span stands for.
type weigher interface{ weight() decision.Threshold }

// promotion is what a connection changes of a span. Many spans share one.
type promotion struct {
	state     trace.TraceState
	threshold decision.Threshold
	rewrite   bool
}

func (p *promotion) apply(sc trace.SpanContext) trace.SpanContext {
	if p.rewrite {
		sc = sc.WithTraceState(p.state)
	}
	return sc.WithTraceFlags(sc.TraceFlags() | trace.FlagsSampled)
}

// promoted is the copy of a span that a connection exports where the span itself doesn't
// say the truth: its sampled flag, its tracestate or its weight. It takes 24 bytes.
type promoted struct {
	sdktrace.ReadOnlySpan
	by *promotion
}

func (p *promoted) SpanContext() trace.SpanContext { return p.by.apply(p.ReadOnlySpan.SpanContext()) }
func (p *promoted) weight() decision.Threshold     { return p.by.threshold }

// promotedAlone is promoted for a tracestate that no other span is likely to have. It
// takes 48 bytes, in one allocation.
type promotedAlone struct {
	sdktrace.ReadOnlySpan
	state     trace.TraceState
	threshold decision.Threshold
}

func (p *promotedAlone) SpanContext() trace.SpanContext {
	sc := p.ReadOnlySpan.SpanContext()
	return sc.WithTraceState(p.state).WithTraceFlags(sc.TraceFlags() | trace.FlagsSampled)
}
func (p *promotedAlone) weight() decision.Threshold { return p.threshold }

// explained carries the verdict to the goroutine that exports, where it becomes described.
type explained struct {
	sdktrace.ReadOnlySpan
	verdict decision.Verdict
	explain Explain
}

func (e *explained) weight() decision.Threshold { return e.verdict.Threshold }

// described is a span with further attributes.
type described struct {
	sdktrace.ReadOnlySpan
	attrs []attribute.KeyValue
}

func (d *described) Attributes() []attribute.KeyValue { return d.attrs }

// promotions makes exported copies and remembers the last few changes, since most spans of
// a connection get one of a handful.
type promotions [16]atomic.Pointer[promotion]

// of returns v's span as a connection exports it: the span itself if that is the truth.
func (c *promotions) of(v *view, explain Explain) sdktrace.ReadOnlySpan {
	out := v.span.Ended
	if !v.truthful {
		out = c.promote(&v.span, &v.verdict)
	}
	if explain != nil {
		out = &explained{ReadOnlySpan: out, verdict: v.verdict, explain: explain}
	}
	return out
}

func (c *promotions) promote(s *decision.Span, v *decision.Verdict) sdktrace.ReadOnlySpan {
	var state trace.TraceState
	if v.Rewrite {
		state = v.State
	}
	if state.Len() > 1 {
		return &promotedAlone{ReadOnlySpan: s.Ended, state: state, threshold: v.Threshold}
	}
	// Fibonacci hashing: thresholds differ in their upper bits.
	at := &c[uint64(v.Threshold)*0x9e3779b97f4a7c15>>60]
	p := at.Load()
	switch {
	case p == nil || p.threshold != v.Threshold || p.rewrite != v.Rewrite:
		p = &promotion{state: state, threshold: v.Threshold, rewrite: v.Rewrite}
		at.Store(p)
	case !same(p.state, state):
		// An rv for each span, most likely: no other span will have the same.
		return &promotedAlone{ReadOnlySpan: s.Ended, state: state, threshold: v.Threshold}
	}
	return &promoted{ReadOnlySpan: s.Ended, by: p}
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

// weightOf is the threshold that an exported copy was kept at.
func (env *environment) weightOf(s sdktrace.ReadOnlySpan) decision.Threshold {
	if w, ok := s.(weigher); ok {
		return w.weight()
	}
	sc := s.SpanContext()
	return ownWeight(env.reader.State(sc.TraceState(), sc.TraceID()))
}

// surplus returns how many spans one kept at t stands for besides itself.
func surplus(t decision.Threshold) float64 {
	if t == decision.Always || t >= decision.Never {
		return 0
	}
	return t.AdjustedCount() - 1
}
