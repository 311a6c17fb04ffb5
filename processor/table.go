package processor

import (
	"math"

	"github.com/tracehook/tracehook/decision"
)

// table is what OnEnd sees: an immutable list that a reload replaces as a whole.
type table struct {
	entries []entry
	retired []*account
	closed  bool
}

// entry is a connection as the current configuration has it.
type entry struct {
	conn      *conn
	decider   decision.Decider
	fast      decision.FastDecider // decider, if it is one
	wantsLoad bool
	follows   bool // the verdict of the entry before holds
	explain   Explain
}

// newTable prepares entries for OnEnd. Those whose Deciders agree become neighbors, so that
// one decision does for all of them.
func newTable(entries []entry, retired []*account) *table {
	t := &table{entries: make([]entry, 0, len(entries)), retired: retired}
	placed := make([]bool, len(entries))
	for i := range entries {
		if placed[i] {
			continue
		}
		e := entries[i]
		e.fast, _ = e.decider.(decision.FastDecider)
		e.wantsLoad = e.decider != nil
		if e.fast != nil {
			e.wantsLoad = e.fast.WantsLoad()
		}
		e.follows = false
		t.entries = append(t.entries, e)
		for j := i + 1; j < len(entries); j++ {
			if !placed[j] && e.agrees(&entries[j]) {
				placed[j] = true
				e.decider, e.conn, e.explain, e.follows = entries[j].decider, entries[j].conn, entries[j].explain, true
				t.entries = append(t.entries, e)
			}
		}
	}
	return t
}

// agrees reports whether e's verdicts hold for o.
func (e *entry) agrees(o *entry) bool {
	if e.decider == nil || o.decider == nil {
		return e.decider == o.decider
	}
	return e.fast != nil && e.fast.Agrees(o.decider)
}

// offer hands the view's span to the entries from next on, each as it wants it, and returns
// where to go on, which isn't the end after a Decider has panicked. That must not take the
// process with it, nor the other connections: its spans are treated as if there were none.
// One deferred function for all entries costs less than one for each.
func (t *table) offer(v *view, next int) (end int) {
	defer func() {
		if !v.deciding {
			return // if anything has panicked, it wasn't a Decider
		}
		_ = recover()
		v.deciding = false
		v.verdict = asSampled(&v.span)
		v.judge()
		t.entries[v.at].hand(v)
		end = v.at + 1
	}()
	for i := next; i < len(t.entries); i++ {
		e := &t.entries[i]
		if !e.follows {
			v.at, v.deciding = i, true
			e.decide(v)
			v.deciding = false
			v.judge()
		}
		e.hand(v)
	}
	return len(t.entries)
}

// hand lets the connection have the span, or counts it.
func (e *entry) hand(v *view) {
	switch a := e.conn.acct; {
	case v.verdict.Keep:
		e.conn.admit(v, e.explain)
	case v.verdict.Reason == decision.ByLimit:
		a.rateLimited.add(v.verdict.Threshold)
	default:
		a.sampledOut.Add(1)
	}
}

// decide asks the Decider.
func (e *entry) decide(v *view) {
	load := 0.0
	if e.wantsLoad {
		load = e.conn.gate.load()
	}
	switch {
	case e.fast != nil:
		e.fast.DecideInto(&v.verdict, &v.span, load)
	case e.decider != nil:
		v.verdict = e.decider.Decide(&v.span, load)
	default:
		v.verdict = asSampled(&v.span)
	}
}

func asSampled(s *decision.Span) decision.Verdict {
	return decision.Verdict{
		Keep:      s.Context.IsSampled(),
		Threshold: ownWeight(s.State),
		Known:     s.State.HasThreshold,
		Rule:      -1,
	}
}

// factor is the connection's dynamic sampling factor, 1 if it has none.
func (e *entry) factor() (f float64) {
	dynamic, ok := e.decider.(interface{ Factor() float64 })
	if !ok {
		return 1
	}
	defer func() {
		if recover() != nil {
			f = 1
		}
	}()
	if f = dynamic.Factor(); math.IsNaN(f) {
		f = 1
	}
	return f
}
