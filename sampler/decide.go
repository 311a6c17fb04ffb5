package sampler

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// Decide answers for one ended span, as [decision.Decider] asks: it is [Policy.Judge] and then
// [Policy.Charge]. It doesn't allocate, but for: a tracestate with members of others that has to be
// rewritten, one that gets an rv (keys span_id and trace_span), a rule's condition on an attribute that is
// a slice, and a name that it sees for the first time. Each span that it keeps takes a token of the limit.
func (p *Policy) Decide(s *decision.Span, load float64) (v decision.Verdict) {
	p.DecideInto(&v, s, load)
	return v
}

// DecideInto is [Policy.Decide] with the verdict written to v, which may be used again.
func (p *Policy) DecideInto(v *decision.Verdict, s *decision.Span, load float64) {
	p.Judge(v, s)
	p.Charge(v, s, load)
}

// Judge implements [decision.Judge]. It doesn't allocate, but for a name that it sees for the first time
// and for conditions on slices.
func (p *Policy) Judge(v *decision.Verdict, s *decision.Span) {
	reset(v)
	switch {
	case p.debugged(s):
		v.Keep, v.Reason, v.Known = true, decision.ByDebug, true
	case p.config.Error && s.Error:
		p.judgeLate(v, s, decision.ByError)
	case p.config.Slow > 0 && s.Duration >= p.config.Slow:
		p.judgeLate(v, s, decision.BySlow)
	default:
		p.judgeOrdinary(v, s)
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
	v.By, v.Cause = "", 0
}

// judgeLate keeps s at probability 1, or at what was recorded if that was less.
func (p *Policy) judgeLate(v *decision.Verdict, s *decision.Span, why decision.Reason) {
	v.Keep, v.Reason = true, why
	if before := p.beforeLate(s); before.known {
		v.Threshold, v.Known = before.threshold, true
	}
}

func (p *Policy) judgeOrdinary(v *decision.Verdict, s *decision.Span) {
	before := p.beforeOrdinary(s)
	if before.refused {
		v.Reason = decision.ByParent
		return
	}
	rule := p.ruleOf(s)
	v.Rule, v.Reason, v.Known = int32(rule), decision.ByRule, before.known && p.config.Key != ByCounter
	if rule < 0 {
		v.Reason = decision.ByRate
	}
	p.thin(v, s, p.entryAt(rule), 0, before.threshold)
}

// thin decides by probability, at a level of the dynamic factor.
func (p *Policy) thin(v *decision.Verdict, s *decision.Span, e *entry, level int, earlier decision.Threshold) {
	own := e.thresholds[level]
	switch p.config.Key {
	case ByTraceID:
		v.Threshold = max(own, earlier)
		v.Keep = v.Threshold.Keeps(p.randomness(s))
	case ByCounter:
		v.Threshold = product(own, earlier)
		v.Keep = v.Threshold < decision.Never
	default:
		v.Threshold = own
		if own < decision.Never {
			v.Threshold = max(own, earlier)
		}
		v.Keep = v.Threshold < decision.Never && restOf(own, earlier).Keeps(spanRandomness(p.config.Key, s))
	}
}

// Charge implements [decision.Judge].
func (p *Policy) Charge(v *decision.Verdict, s *decision.Span, load float64) {
	level := 0
	if p.config.Dynamic {
		level = p.factor.follow(load)
	}
	switch v.Reason {
	case decision.ByRate, decision.ByRule:
		p.chargeOrdinary(v, s, level)
	case decision.ByError, decision.BySlow, decision.ByDebug:
		if p.pass(v, true) {
			p.rewrite(v, s, &p.always.ready[0], v.Threshold == decision.Always)
		}
	case decision.ByParent, decision.ByLimit, decision.ByLoad, decision.ByTrace:
	}
}

func (p *Policy) chargeOrdinary(v *decision.Verdict, s *decision.Span, level int) {
	e := p.entryAt(int(v.Rule))
	if level > 0 {
		would := v.Keep
		p.thin(v, s, e, level, p.beforeOrdinary(s).threshold)
		if would && !v.Keep {
			v.Reason = decision.ByLoad
		}
	}
	if !v.Keep {
		return
	}
	if p.config.Key == ByCounter && !e.count(level) {
		v.Keep = false
		return
	}
	if !p.pass(v, false) {
		return
	}
	if (p.config.Key == BySpanID || p.config.Key == ByTraceSpan) && v.Known && p.config.Weights.writes(v.Threshold) {
		p.rewriteSpan(v, s, e.thresholds[level])
		return
	}
	p.rewrite(v, s, &e.ready[level], v.Threshold == e.thresholds[level])
}

// randomness returns the bits that decide about s with key trace_id. Where a remote parent is
// ignored, so is the rv that came from there.
func (p *Policy) randomness(s *decision.Span) decision.Randomness {
	if p.ignoresRandomness(s) {
		return decision.TraceRandomness(s.Context.TraceID())
	}
	return s.State.Randomness
}

func (p *Policy) ignoresRandomness(s *decision.Span) bool {
	return p.config.IgnoreParent && s.State.HasRandomness && belowRemote(s.Origin)
}

// belowRemote reports whether another sampler has decided about the trace.
func belowRemote(o decision.Origin) bool {
	return o == decision.Inherited || o == decision.Unweighted || o == decision.Debugged
}

// debugged reports whether s is kept because a remote parent, which counts, asked for it.
func (p *Policy) debugged(s *decision.Span) bool {
	return s.Origin == decision.Debugged && !p.config.IgnoreParent
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
func (p *Policy) pass(v *decision.Verdict, urgent bool) bool {
	if p.limit == nil {
		return true
	}
	pass, whole := p.limit.take(urgent)
	if !pass {
		v.Keep, v.Known, v.Reason = false, false, decision.ByLimit
		return false
	}
	v.Known = v.Known && whole
	return true
}

// rewrite asks for another tracestate if the span's own doesn't say what the export is to say.
// ready is one that says v's threshold and nothing else, if fits.
func (p *Policy) rewrite(v *decision.Verdict, s *decision.Span, ready *trace.TraceState, fits bool) {
	st := &s.State
	write := v.Known && p.config.Weights.writes(v.Threshold)
	switch {
	case p.ignoresRandomness(s):
		edit := decision.Edit{Threshold: v.Threshold, SetThreshold: write, RemoveRandomness: true}
		v.State, v.Rewrite = edit.Apply(s.Context.TraceState()), true
	case !write && !st.CarriesThreshold:
	case write && st.HasThreshold && st.Threshold == v.Threshold:
	case write && st.Plain && fits:
		v.State, v.Rewrite = *ready, true
	case !write && st.Plain:
		v.Rewrite = true
	default:
		edit := decision.Edit{Threshold: v.Threshold, SetThreshold: write}
		v.State, v.Rewrite = edit.Apply(s.Context.TraceState()), true
	}
}

// product returns the threshold of two independent decisions together, our own and an earlier
// one. The weight of both is bounded as that of a remote parent is.
func product(own, earlier decision.Threshold) decision.Threshold {
	if earlier == decision.Always || own >= decision.Never {
		return own
	}
	if earlier >= decision.Never {
		return decision.Never
	}
	both := decision.FromProbability(own.Probability() * earlier.Probability())
	return max(own, min(both, decision.FromProbability(1.0/DefaultMaxWeight)))
}
