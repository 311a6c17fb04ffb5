package hold

import (
	"github.com/tracehook/tracehook/decision"
)

// decide decides for connection i about the spans of a part that wait for it.
func (s *shard) decide(out *release, p *part, i int, cause Cause) *release {
	c, st := &s.set.conns[i], &p.states[i]
	m := &st.memo
	if c.traits.Dynamic && !m.valid() {
		m.level = c.Policy.TraceFactor(c.Sink.Load())
	}
	t := st.result(cause != Complete && p.openRoots > 0)
	if c.traits.Constant && !st.urgent {
		t.merge(&tally{threshold: c.traits.Loosest, rule: -1, reason: decision.ByRate, valid: true})
	}
	if !m.lower(c.Policy, &t) {
		t = tally{rule: -1}
	}
	st.decided = true
	if out == nil {
		out = s.hold.newRelease()
	}
	g := out.next(c.Sink)
	g.cause = cause
	n, stride := 0, len(p.states)
	for at := range p.items {
		v := &p.votes[at*stride+i]
		if !v.waits {
			continue
		}
		v.waits = false
		g.all = append(g.all, Decided{Span: p.items[at].span, Bytes: p.items[at].bytes})
		d := &g.all[len(g.all)-1].Verdict
		m.judge(d, &v.Vote, &t, c.Policy)
		if t.valid && t.span == p.items[at].span.Context.SpanID() {
			d.Reason = t.reason
		}
		if d.Keep {
			n++
		}
	}
	m.ask(c.Policy, c.traits.Limited, n)
	for at := range g.all {
		d := &g.all[at]
		m.limit(&d.Verdict, c.traits.Limited)
		if d.Verdict.Keep {
			c.Policy.Finish(&d.Verdict, &d.Span, m.level)
		}
	}
	p.early = p.early || cause != Complete
	return out
}

// isCertain reports whether nothing that may still come changes what a connection decides about
// the spans of a part that have ended.
func (s *shard) isCertain(p *part, i int) bool {
	c, st := &s.set.conns[i], &p.states[i]
	switch {
	case st.urgent || st.memo.urgent():
		return true
	case c.traits.Limited:
		return false
	}
	least := st.roots.threshold
	switch {
	case c.traits.Constant:
		least = c.traits.Loosest
	case !st.roots.valid:
		least = decision.Never
	}
	if st.memo.valid() {
		least = min(least, st.memo.threshold)
	}
	if least > c.traits.Loosest {
		return false
	}
	if !c.traits.Late {
		return true
	}
	return least == decision.Always && !p.liftable && c.levelAt(&st.memo) == 0
}

func (c *Connection) levelAt(m *memo) uint8 {
	if !c.traits.Dynamic || m.valid() {
		return m.level
	}
	return c.Policy.PeekTraceFactor(c.Sink.Load())
}
