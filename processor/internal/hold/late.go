package hold

import (
	"github.com/tracehook/tracehook/decision"
)

// unknown decides about a span whose part isn't there any more, or never was.
func (s *shard) unknown(out *release, key uint64, sp *decision.Span, root bool, bytes int64) *release {
	memos := s.memory.get(key)
	for i := range s.set.conns {
		if s.room[i].none {
			continue
		}
		m := new(memo)
		if memos != nil {
			m = &memos[i]
		}
		out = s.late(out, &s.set.conns[i], &s.room[i].Vote, m, sp, root, bytes)
	}
	s.hold.counts.late.Add(1)
	return out
}

// late decides for c about a span that came after the decision about its part, which m has and
// which the span may lower.
func (s *shard) late(out *release, c *Connection, v *decision.Vote, m *memo, sp *decision.Span, root bool, bytes int64) *release {
	known := m.valid()
	if c.traits.Dynamic && !known {
		m.level = c.Policy.TraceFactor(c.Sink.Load())
	}
	var t tally
	if root || v.Rule >= 0 || v.Urgent() || !known {
		t.add(v, sp)
	}
	lowered := m.lower(c.Policy, &t)
	if !lowered {
		t = tally{rule: -1}
	}
	if out == nil {
		out = s.hold.newRelease()
	}
	g := out.next(c.Sink)
	g.late = true
	g.all = append(g.all, Decided{Span: *sp, Bytes: bytes})
	d := &g.all[0]
	m.judge(&d.Verdict, v, &t, c.Policy)
	n := 0
	if d.Verdict.Keep {
		n = 1
	}
	if lowered && d.Verdict.Keep {
		d.Verdict.Reason = t.reason
	}
	m.ask(c.Policy, c.traits.Limited, n)
	m.limit(&d.Verdict, c.traits.Limited)
	if d.Verdict.Keep {
		c.Policy.Finish(&d.Verdict, sp, m.level)
	}
	return out
}
