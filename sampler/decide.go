package sampler

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// Decide answers for one ended span, as [decision.Decider] asks. It doesn't allocate, but
// for: a tracestate with members of others that has to be rewritten, one that gets an rv (keys
// span_id and trace_span), a rule's condition on an attribute that is a slice, and the first
// sight of each of the first thousand names. Each span that it keeps takes a token of the limit.
func (p *Policy) Decide(s *decision.Span, load float64) (v decision.Verdict) {
	p.DecideInto(&v, s, load)
	return v
}

// DecideInto is [Policy.Decide] with the verdict written to v, which may be used again.
func (p *Policy) DecideInto(v *decision.Verdict, s *decision.Span, load float64) {
	level := 0
	if p.config.Dynamic {
		level = p.factor.follow(load)
	}
	switch {
	case p.config.Error && s.Error:
		p.keepLate(v, s, decision.ByError)
	case p.config.Slow > 0 && s.Duration >= p.config.Slow:
		p.keepLate(v, s, decision.BySlow)
	default:
		p.decideOrdinary(v, s, level)
	}
}

// reset clears v. Its State is left alone if that is empty already, as most are: pointers
// cost more to write than numbers.
func reset(v *decision.Verdict) {
	if v.State.Len() > 0 {
		v.State = trace.TraceState{}
	}
	v.Threshold, v.Rule, v.Reason = 0, -1, 0
	v.Keep, v.Rewrite, v.Known = false, false, false
}

// keepLate keeps s at probability 1, or at what was recorded if that was less.
func (p *Policy) keepLate(v *decision.Verdict, s *decision.Span, why decision.Reason) {
	reset(v)
	v.Keep, v.Reason = true, why
	if before := p.beforeLate(s); before.known {
		v.Threshold, v.Known = before.threshold, true
	}
	if p.pass(v) {
		rewrite(v, s, &p.always.ready[0], v.Threshold == decision.Always)
	}
}

func (p *Policy) decideOrdinary(v *decision.Verdict, s *decision.Span, level int) {
	reset(v)
	before := p.beforeOrdinary(s)
	if before.refused {
		v.Reason = decision.ByParent
		return
	}
	rule := p.ruleOf(s)
	e := p.entryAt(rule)
	own := e.thresholds[level]
	v.Threshold, v.Rule, v.Reason, v.Known = own, int32(rule), decision.ByRule, before.known
	if rule < 0 {
		v.Reason = decision.ByRate
	}
	switch p.config.Key {
	case ByTraceID:
		v.Threshold = max(own, before.threshold)
		v.Keep = v.Threshold.Keeps(s.State.Randomness)
	case ByCounter:
		v.Known = false
		v.Threshold = product(own, before.threshold)
		v.Keep = v.Threshold < decision.Never && e.count(level)
	default:
		p.decideSpan(v, s, before.threshold)
		return
	}
	if v.Keep && p.pass(v) {
		rewrite(v, s, &e.ready[level], v.Threshold == own)
	}
}

// ruleOf returns the index of the rule that decides about s, or -1 if the rate does. Most
// often the name settles it, perhaps with attributes, and nothing else has to be read.
func (p *Policy) ruleOf(s *decision.Span) int {
	if len(p.matcher.rules) == 0 {
		return -1
	}
	name := s.Ended.Name()
	switch k := p.matcher.memo.get(name); {
	case k == nil:
	case k.simple && len(k.atoms) == 0:
		return int(k.results[0])
	case k.simple:
		return int(k.lookAttributes(s.Ended.Attributes()))
	case k.oneKey != nil:
		if rule, ok := k.oneKey.look(s.Ended.Attributes()); ok {
			return int(rule)
		}
	}
	return p.matcher.find(&subject{
		name: name, otelKind: s.Ended.SpanKind(), attrs: s.Ended.Attributes(), res: s.Ended.Resource(), service: p.config.Service,
	})
}

// pass takes a token for v. Without one v isn't kept; while tokens are short, the weight of
// those that pass isn't known.
func (p *Policy) pass(v *decision.Verdict) bool {
	if p.limit == nil {
		return true
	}
	pass, whole := p.limit.take()
	if !pass {
		v.Keep, v.Known, v.Reason = false, false, decision.ByLimit
		return false
	}
	v.Known = v.Known && whole
	return true
}

// rewrite asks for another tracestate if the span's own doesn't say the truth. ready is one
// that says v's threshold and nothing else, if fits.
func rewrite(v *decision.Verdict, s *decision.Span, ready *trace.TraceState, fits bool) {
	st := &s.State
	switch {
	case !v.Known && !st.CarriesThreshold:
	case v.Known && st.HasThreshold && st.Threshold == v.Threshold:
	case v.Known && st.Plain && fits:
		v.State, v.Rewrite = *ready, true
	case !v.Known && st.Plain:
		v.Rewrite = true
	default:
		edit := decision.Edit{Threshold: v.Threshold, SetThreshold: v.Known}
		v.State, v.Rewrite = edit.Apply(s.Context.TraceState()), true
	}
}

// product returns the threshold of two independent decisions together.
func product(a, b decision.Threshold) decision.Threshold {
	if b == decision.Always || a >= decision.Never {
		return a
	}
	return decision.FromProbability(a.Probability() * b.Probability())
}
