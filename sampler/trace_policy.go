package sampler

import "github.com/tracehook/tracehook/decision"

var _ decision.TraceDecider = (*Policy)(nil)

// Traits implements [decision.TraceDecider].
func (p *Policy) Traits() decision.TraceTraits {
	constant := true
	for i := range p.entries {
		constant = constant && p.entries[i].thresholds[0] == p.loosest
	}
	return decision.TraceTraits{
		Loosest: p.loosest, Constant: constant, Late: p.late(), Dynamic: p.config.Dynamic, Limited: p.limit != nil,
	}
}

// Vote implements [decision.TraceDecider].
func (p *Policy) Vote(v *decision.Vote, s *decision.Span) {
	ordinary, late := p.beforeOrdinary(s), p.beforeLate(s)
	*v = decision.Vote{
		Floor: ordinary.threshold, Known: ordinary.known,
		UrgentKnown: late.known, Randomness: p.randomness(s), Rule: -1,
	}
	if ordinary.refused {
		v.Floor = decision.Never
	}
	if late.known {
		v.UrgentFloor = late.threshold
	}
	switch s.Origin {
	case decision.Inherited, decision.Unweighted, decision.Debugged:
		v.Liftable = !p.config.IgnoreParent
	case decision.Foreign:
		v.Liftable = ordinary.refused
	case decision.Local, decision.Unknown:
	}
	switch {
	case p.debugged(s):
		v.Reason, v.UrgentFloor, v.UrgentKnown = decision.ByDebug, decision.Always, true
		return
	case p.config.Error && s.Error:
		v.Reason = decision.ByError
		return
	case p.config.Slow > 0 && s.Duration >= p.config.Slow:
		v.Reason = decision.BySlow
		return
	}
	rule := p.ruleOf(s)
	if v.Rule, v.Reason = int32(rule), decision.ByRule; rule < 0 {
		v.Reason = decision.ByRate
	}
	v.Threshold = p.entryAt(rule).thresholds[0]
}

// TraceFactor implements [decision.TraceDecider].
func (p *Policy) TraceFactor(load float64) uint8 {
	if !p.config.Dynamic {
		return 0
	}
	return uint8(p.factor.follow(load))
}

// PeekTraceFactor implements [decision.TraceDecider].
func (p *Policy) PeekTraceFactor(load float64) uint8 {
	if !p.config.Dynamic {
		return 0
	}
	return uint8(p.factor.levelAt(load))
}

// Scaled implements [decision.TraceDecider].
func (p *Policy) Scaled(rule int32, level uint8) decision.Threshold {
	return p.entryAt(int(rule)).thresholds[min(level, levels-1)]
}

// Tokens implements [decision.TraceDecider].
func (p *Policy) Tokens(n int, urgent, must bool) (pass, whole bool) {
	if p.limit == nil {
		return true, true
	}
	return p.limit.takeMany(n, urgent, must)
}

// Finish implements [decision.TraceDecider].
func (p *Policy) Finish(v *decision.Verdict, s *decision.Span, level uint8) {
	e, at := &p.always, 0
	if v.Threshold != decision.Always && int(v.Rule) < len(p.entries)-1 {
		e, at = p.entryAt(int(v.Rule)), int(min(level, levels-1))
	}
	p.rewrite(v, s, &e.ready[at], v.Threshold == e.thresholds[at])
}
