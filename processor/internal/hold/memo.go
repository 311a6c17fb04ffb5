package hold

import "github.com/tracehook/tracehook/decision"

// memo is what is remembered of a decision. The zero memo is of none.
type memo struct {
	threshold decision.Threshold
	level     uint8 // of the dynamic factor
	flags     memoFlags
}

type memoFlags uint8

const (
	hasThreshold  memoFlags = 1 << iota
	isUrgent                // there was an error or a slow span
	hasPassed               // the limit has let it pass
	wasRefused              // the limit has refused it
	wasWhole                // the limit had refused nothing else
	refusedUrgent           // it was refused as an urgent one
)

func (m *memo) valid() bool  { return m.flags&hasThreshold != 0 }
func (m *memo) urgent() bool { return m.flags&isUrgent != 0 }

// lower lowers the threshold by the votes of t at the memo's level.
func (m *memo) lower(p decision.TraceDecider, t *tally) (lowered bool) {
	switch {
	case !t.valid:
		return false
	case t.reason.Urgent():
		lowered = !m.urgent()
		m.threshold = decision.Always
		m.flags |= hasThreshold | isUrgent
		return lowered
	}
	scaled := p.Scaled(t.rule, m.level)
	if m.valid() && m.threshold <= scaled {
		return false
	}
	m.threshold = scaled
	m.flags |= hasThreshold
	return true
}

// ask asks the limit for n spans. Must says that the answer was yes already.
func (m *memo) ask(p decision.TraceDecider, limited bool, n int) {
	if !limited || n == 0 {
		return
	}
	if m.flags&wasRefused != 0 && (!m.urgent() || m.flags&refusedUrgent != 0) {
		return
	}
	pass, whole := p.Tokens(n, m.urgent(), m.flags&hasPassed != 0)
	m.flags &^= wasRefused | refusedUrgent | wasWhole
	switch {
	case !pass && m.urgent():
		m.flags |= wasRefused | refusedUrgent
	case !pass:
		m.flags |= wasRefused
	default:
		m.flags |= hasPassed
		if whole {
			m.flags |= wasWhole
		}
	}
}

// judge sets what follows for a span from its vote and the decision, but for the limit.
func (m *memo) judge(d *decision.Verdict, v *decision.Vote, t *tally, p decision.TraceDecider) {
	*d = decision.Verdict{Rule: t.rule, Reason: decision.ByTrace, Cause: t.reason, By: t.by}
	floor := v.Floor
	if m.urgent() {
		floor, d.Known = v.UrgentFloor, v.UrgentKnown
	} else {
		d.Known = v.Known
	}
	d.Threshold = max(m.threshold, floor)
	d.Keep = m.valid() && d.Threshold.Keeps(v.Randomness)
	switch {
	case d.Keep:
	case floor >= decision.Never:
		d.Reason = decision.ByParent
	case m.level > 0 && t.valid && !m.urgent() && max(p.Scaled(t.rule, 0), floor).Keeps(v.Randomness):
		d.Reason = decision.ByLoad
	}
}

// limit makes the limit's answer a part of the verdict.
func (m *memo) limit(d *decision.Verdict, limited bool) {
	switch {
	case !limited || !d.Keep:
	case m.flags&wasRefused != 0:
		d.Keep, d.Known, d.Reason = false, false, decision.ByLimit
	default:
		d.Known = d.Known && m.flags&wasWhole != 0
	}
}
