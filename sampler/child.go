package sampler

import (
	"math/rand/v2"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/inbound"
	"github.com/tracehook/tracehook/internal/latecaller"
)

// local is a parent that isn't remote.
type local struct {
	trace.Span
	own      bool // it is of the head's own provider
	recorded bool // and is, or was, recorded
}

func (h *Head) local(span trace.Span) local {
	l := local{Span: span, own: h.owns(span)}
	if l.own {
		_, l.recorded = span.(sdktrace.ReadOnlySpan)
	}
	return l
}

// lateCaller returns l as a span whose caller was heard of after it had begun; nil if it is none.
func lateCaller(l *local) *latecaller.Span {
	if l.recorded {
		return nil
	}
	late, _ := l.Span.(*latecaller.Span)
	return late
}

// heedsCallers reports whether what a remote parent says counts.
func (s *headSet) heedsCallers() bool { return s.wire.Edge == EdgeContinue && !s.ignoreAll }

// insideExport reports whether a span below a local one is part of an export. Below a recorded
// span of our own it isn't: the head drops such spans, and an export's context hides the span
// that it comes from. Only elsewhere all contexts are searched.
func (h *Head) insideExport(set *headSet, p *sdktrace.SamplingParameters, parent *local) bool {
	if parent.own {
		if parent.recorded {
			return false
		}
		if !set.recorded.Keeps(decision.TraceRandomness(p.TraceID)) { // dropped in any case
			return h.traces.get(p.TraceID) == traceExport
		}
	}
	return decision.IsExport(p.ParentContext)
}

// belowLocal decides about a span whose parent is a span of this process.
func (h *Head) belowLocal(set *headSet, p *sdktrace.SamplingParameters, l *local, parent *trace.SpanContext, own bool) (sdktrace.SamplingDecision, trace.TraceState) {
	if own && l.recorded && h.traces.empty() {
		return set.local(p, parent) // most often
	}
	if late := lateCaller(l); late != nil {
		if set.heedsCallers() {
			h.enter(p, own)
			return set.respect(p, parent.IsSampled()), parent.TraceState()
		}
		below, sc := h.local(late.Span), late.Span.SpanContext()
		return h.belowLocal(set, p, &below, &sc, own)
	}
	origin := h.originOf(l, parent)
	ts := parent.TraceState()
	switch origin {
	case decision.Foreign:
		h.enter(p, own)
		return set.entry(p, parent)
	case remote, decision.Unweighted, decision.Debugged:
		return set.respect(p, h.sampledAtEntry(p, parent)), ts
	case decision.Local, decision.Unknown:
	}
	if l.own && !l.recorded {
		// A span that was dropped. If it was local, its randomness is below what was recorded at
		// the time; otherwise a remote parent's decision was respected, of which the note is gone.
		st := decision.ReadState(ts, p.TraceID)
		if set.eras.worst.recorded.Keeps(st.Randomness) {
			return sdktrace.Drop, ts
		}
	}
	return set.local(p, parent)
}

// belowRemote decides about a span whose parent came with a message or a request.
func (h *Head) belowRemote(set *headSet, p *sdktrace.SamplingParameters, parent *trace.SpanContext, own bool) (sdktrace.SamplingDecision, trace.TraceState) {
	ts := parent.TraceState()
	switch {
	case set.wire.Edge != EdgeContinue:
		if !own {
			h.traces.put(p.TraceID, traceBegun)
		}
		return set.restart(p, ts)
	case set.ignoreAll:
		if !own {
			h.traces.put(p.TraceID, traceBegun)
		}
		return set.afresh(p, ts)
	}
	if !h.afterHopIsOwn(parent) && inbound.WishOf(p.ParentContext) == inbound.Deferred {
		h.traces.put(p.TraceID, traceBegun)
		return set.afresh(p, ts)
	}
	switch h.afterHop(set, parent) {
	case decision.Local, decision.Unknown, decision.Foreign:
		return set.local(p, parent)
	case remote, decision.Unweighted, decision.Debugged:
	}
	if h.afterHopIsOwn(parent) { // its headers may have been changed all the same
		return set.respect(p, h.sampledAtEntry(p, parent)), set.believed(p, ts)
	}
	h.enter(p, own)
	return set.entry(p, parent)
}

// afterHopIsOwn reports whether this process has begun the remote parent.
func (h *Head) afterHopIsOwn(parent *trace.SpanContext) bool {
	n, ok := h.spans.Get(parent)
	return ok && n.Origin() != decision.Foreign
}

// enter notes that another's decision about a trace is respected.
func (h *Head) enter(p *sdktrace.SamplingParameters, own bool) {
	if own {
		h.traces.put(p.TraceID, traceEntered)
	} else {
		h.traces.put(p.TraceID, traceLent)
	}
}

// local decides about a span of a trace that began here.
func (s *headSet) local(p *sdktrace.SamplingParameters, parent *trace.SpanContext) (sdktrace.SamplingDecision, trace.TraceState) {
	ts := parent.TraceState()
	ot := ""
	if ts.Len() > 0 {
		ot = ts.Get("ot")
	}
	simple := ot == "" || strings.HasPrefix(ot, "th:") && strings.IndexByte(ot, ';') < 0
	r := decision.TraceRandomness(p.TraceID)
	if !simple {
		r = decision.ReadState(ts, p.TraceID).Randomness
	}
	d, v := s.decide(s.children, p, r)
	switch {
	case v.follows && parent.IsSampled() && decision.ReadState(ts, p.TraceID).Threshold < v.threshold:
		return sdktrace.RecordAndSample, ts // as the local root, which is looser
	case ot == v.ot:
		return d, ts
	case simple && (ts.Len() == 0 || ts.Len() == 1 && ot != ""):
		return d, v.state
	default:
		return d, v.edit().Apply(ts)
	}
}

// afresh decides about a span as about a root that has the caller's trace id.
func (s *headSet) afresh(p *sdktrace.SamplingParameters, ts trace.TraceState) (sdktrace.SamplingDecision, trace.TraceState) {
	d, v := s.decide(s.roots, p, decision.TraceRandomness(p.TraceID))
	edit := v.edit()
	edit.RemoveRandomness = true
	return d, edit.Apply(ts)
}

// restart decides about a span as about a root, whatever the caller says. The random bits of the
// trace id are the caller's, so the trace gets others, which travel on with it.
func (s *headSet) restart(p *sdktrace.SamplingParameters, ts trace.TraceState) (sdktrace.SamplingDecision, trace.TraceState) {
	r := decision.Randomness(rand.Uint64() % uint64(decision.Never))
	d, v := s.decide(s.roots, p, r)
	edit := v.edit()
	edit.Randomness, edit.SetRandomness = r, true
	return d, edit.Apply(ts)
}

// entry decides about the first span below a parent that another sampler decided about. Flag
// and tracestate travel on as they are, but for a weight that is too large to be believed.
func (s *headSet) entry(p *sdktrace.SamplingParameters, parent *trace.SpanContext) (sdktrace.SamplingDecision, trace.TraceState) {
	return s.respect(p, parent.IsSampled()), s.believed(p, parent.TraceState())
}

// believed returns ts without a weight that is too large.
func (s *headSet) believed(p *sdktrace.SamplingParameters, ts trace.TraceState) trace.TraceState {
	if ts.Len() == 0 {
		return ts
	}
	if st := decision.ReadState(ts, p.TraceID); st.CarriesThreshold && st.Threshold.AdjustedCount() > s.wire.MaxWeight {
		return decision.Edit{}.Apply(ts)
	}
	return ts
}

// sampledAtEntry reports whether the remote parent above a local one was sampled.
func (h *Head) sampledAtEntry(p *sdktrace.SamplingParameters, parent *trace.SpanContext) bool {
	if e := h.entries.get(p.TraceID); e != nil {
		return e.Sampled
	}
	return parent.IsSampled()
}

// respect does as the parent did.
func (s *headSet) respect(p *sdktrace.SamplingParameters, sampled bool) sdktrace.SamplingDecision {
	switch {
	case sampled:
		return sdktrace.RecordAndSample
	case s.unsampled == decision.Always:
		return sdktrace.RecordOnly
	case s.unsampled >= decision.Never:
		return sdktrace.Drop
	}
	if s.unsampled.Keeps(decision.TraceRandomness(p.TraceID)) { // for those that ignore the parent, and its rv
		return sdktrace.RecordOnly
	}
	return sdktrace.Drop
}
