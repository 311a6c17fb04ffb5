package sampler

import (
	mathbits "math/bits"

	"github.com/tracehook/tracehook/decision"
)

// spanRandomness returns the bits that a connection with key span_id or trace_span decides by.
func spanRandomness(key Key, s *decision.Span) decision.Randomness {
	id := s.Context.SpanID()
	r := decision.RandomnessOf(id[:])
	if key == ByTraceSpan {
		r ^= s.State.Randomness
	}
	return r
}

// rewriteSpan sets th and rv of a span that was decided by its own bits. They are independent of
// the trace's, by which a parent or an earlier configuration has thinned already, down to
// earlier. The connection's probability is to be the smaller of both, so it thins by the rest
// only ([restOf]); and the rv of the exported copy is moved in proportion, so that a reader who
// compares it with th finds what was decided.
func (p *Policy) rewriteSpan(v *decision.Verdict, s *decision.Span, own decision.Threshold) {
	r := spanRandomness(p.config.Key, s)
	if earlier := p.beforeOrdinary(s).threshold; earlier > decision.Always {
		r = move(r, restOf(own, earlier), v.Threshold)
	}
	edit := decision.Edit{Threshold: v.Threshold, SetThreshold: true, Randomness: r, SetRandomness: true}
	v.State, v.Rewrite = edit.Apply(s.Context.TraceState()), true
}

// restOf returns the threshold that thins what earlier kept down to own's probability:
// Always if earlier kept less than that already, own if earlier kept all. Exact to the last of
// the 56 bits.
func restOf(own, earlier decision.Threshold) decision.Threshold {
	if earlier == decision.Always || own >= decision.Never {
		return own
	}
	kept, want := uint64(decision.Never-min(earlier, decision.Never)), uint64(decision.Never-own)
	if want >= kept {
		return decision.Always
	}
	hi, lo := mathbits.Mul64(want, uint64(decision.Never))
	share, _ := mathbits.Div64(hi, lo, kept)
	return decision.Never - decision.Threshold(share)
}

// move maps the values from one threshold upwards evenly onto those from another upwards.
func move(r decision.Randomness, from, to decision.Threshold) decision.Randomness {
	hi, lo := mathbits.Mul64(uint64(r)-uint64(from), uint64(decision.Never-to))
	above, _ := mathbits.Div64(hi, lo, uint64(decision.Never-from))
	return decision.Randomness(uint64(to) + above)
}
