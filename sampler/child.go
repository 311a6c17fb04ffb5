package sampler

import (
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// child decides about a span that has a parent, and returns its tracestate.
func (s *headSet) child(p *sdktrace.SamplingParameters, parent *trace.SpanContext) (sdktrace.SamplingDecision, trace.TraceState) {
	ts, remote := parent.TraceState(), parent.IsRemote()
	if !remote && ts.Get("tracehook") == s.markText {
		if ot := ts.Get("ot"); ot == "" || strings.HasPrefix(ot, "th:") && strings.IndexByte(ot, ';') < 0 {
			return s.ours(p, ts, ot)
		}
	}
	st := decision.ReadState(ts, p.TraceID)
	switch {
	case remote || st.Tag != s.mark.Tag || st.Origin == decision.Foreign:
		if s.ignoreAll {
			return s.local(p, &st, ts)
		}
		return s.entry(parent.IsSampled(), &st, ts)
	case st.Origin == decision.Local:
		return s.local(p, &st, ts)
	default:
		return s.below(parent.IsSampled(), &st, ts)
	}
}

// ours decides about a child of a span with our local mark and an ot that says at most th:
// the common case, without reading what needn't be read.
func (s *headSet) ours(p *sdktrace.SamplingParameters, ts trace.TraceState, ot string) (sdktrace.SamplingDecision, trace.TraceState) {
	d, v := s.decide(p, decision.RandomnessOf(p.TraceID[:]))
	members := 1
	if ot != "" {
		members++
	}
	switch {
	case ot == v.ot:
		return d, ts
	case ts.Len() == members:
		return d, v.state
	default:
		return d, decision.Edit{Threshold: v.threshold, SetThreshold: true, Mark: s.mark}.Apply(ts)
	}
}

// local decides about a child within a trace that began here, or below a remote parent
// that every policy ignores.
func (s *headSet) local(p *sdktrace.SamplingParameters, st *decision.State, ts trace.TraceState) (sdktrace.SamplingDecision, trace.TraceState) {
	d, v := s.decide(p, st.Randomness)
	if st.Plain {
		return d, v.state
	}
	return d, decision.Edit{Threshold: v.threshold, SetThreshold: true, Mark: s.mark}.Apply(ts)
}

// entry decides about the first span below a parent that another sampler decided about.
func (s *headSet) entry(sampled bool, st *decision.State, ts trace.TraceState) (sdktrace.SamplingDecision, trace.TraceState) {
	mark := decision.Mark{Origin: decision.Unweighted, Tag: s.mark.Tag, Recorded: s.unsampled}
	if sampled && st.HasThreshold {
		mark.Origin, mark.Recorded = decision.Inherited, min(s.unsampled, st.Threshold)
	}
	edit := decision.Edit{KeepThreshold: mark.Origin == decision.Inherited, Mark: mark}
	return s.respect(sampled, st), edit.Apply(ts)
}

// below decides about a grandchild of such a parent: its mark stays, unless a swap has
// changed what is recorded.
func (s *headSet) below(sampled bool, st *decision.State, ts trace.TraceState) (sdktrace.SamplingDecision, trace.TraceState) {
	mark := st.Mark
	mark.Recorded = s.unsampled
	if mark.Origin == decision.Inherited && st.HasThreshold {
		mark.Recorded = min(s.unsampled, st.Threshold)
	}
	if mark != st.Mark {
		ts = decision.Edit{KeepThreshold: true, Mark: mark}.Apply(ts)
	}
	return s.respect(sampled, st), ts
}

func (s *headSet) respect(sampled bool, st *decision.State) sdktrace.SamplingDecision {
	switch {
	case sampled:
		return sdktrace.RecordAndSample
	case s.unsampled.Keeps(st.Randomness):
		return sdktrace.RecordOnly
	default:
		return sdktrace.Drop
	}
}
