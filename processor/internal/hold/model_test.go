package hold_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/hold"
)

// event is the start or the end of a span.
type event struct {
	span *span
	end  bool
}

// script is what happens in one trace, in this order.
type script struct {
	r      decision.Randomness
	events []event
}

// randomScript makes several parts of a trace, of random shapes.
func randomScript(rnd *rand.Rand, trace uint64) script {
	s := script{r: decision.Randomness(rnd.Uint64() % uint64(decision.Never))}
	id := trace << 20
	lift := rnd.IntN(3) == 0
	recorded := decision.Always
	if rnd.IntN(4) == 0 {
		recorded = at(0.7)
	}
	for range 1 + rnd.IntN(3) {
		var open []*span
		n := 1 + rnd.IntN(8)
		for n > 0 || len(open) > 0 {
			if n > 0 && (len(open) == 0 || rnd.IntN(2) == 0) {
				n--
				id++
				sp := &span{
					trace: trace, id: id, root: len(open) == 0 && rnd.IntN(5) > 0 || rnd.IntN(6) == 0,
					urgent: rnd.IntN(12) == 0, rule: int32(rnd.IntN(8)) - 5, recorded: recorded,
				}
				if sp.rule < -1 {
					sp.rule = -1
				}
				if sp.lift = lift; lift {
					sp.floor = []decision.Threshold{at(0.5), at(0.1), decision.Never}[rnd.IntN(3)]
				}
				open = append(open, sp)
				s.events = append(s.events, event{sp, false})
				continue
			}
			i := rnd.IntN(len(open))
			s.events = append(s.events, event{open[i], true})
			open = append(open[:i], open[i+1:]...)
		}
	}
	return s
}

// verdict is what a test compares.
type verdict struct {
	keep      bool
	threshold decision.Threshold
}

// model decides about a trace when everything about it is known. It is a plain reading of the
// rules: nothing is decided before the end of its part but for its size.
type model struct {
	policy    *policy
	maxSpans  int
	threshold decision.Threshold // of the trace so far; none before the first decision
	any       bool
	urgent    bool
}

// part is the events from the first start to the last end.
func parts(events []event) (all [][]event) {
	open, from := 0, 0
	for i, e := range events {
		if !e.end {
			open++
			continue
		}
		if open--; open == 0 {
			all = append(all, events[from:i+1])
			from = i + 1
		}
	}
	return all
}

func (m *model) run(s script, got map[uint64]verdict) {
	for _, p := range parts(s.events) {
		m.part(s.r, p, got)
	}
}

func (m *model) part(r decision.Randomness, events []event, got map[uint64]verdict) {
	var ended []*span
	early := -1
	for i, e := range events {
		if e.end {
			if ended = append(ended, e.span); len(ended) == m.maxSpans && i < len(events)-1 {
				early = i
				break
			}
		}
	}
	m.decide(ended, openRoots(events, early))
	for _, sp := range ended {
		got[sp.id] = m.verdict(sp, r)
	}
	if early < 0 {
		return
	}
	for _, e := range events[early+1:] {
		if e.end {
			m.late(e.span)
			got[e.span.id] = m.verdict(e.span, r)
		}
	}
}

// openRoots returns the local roots that are open after an event.
func openRoots(events []event, after int) (open []*span) {
	if after < 0 {
		return nil
	}
	is := map[*span]bool{}
	for _, e := range events[:after+1] {
		is[e.span] = !e.end && e.span.root
	}
	for s, yes := range is {
		if yes {
			open = append(open, s)
		}
	}
	return open
}

func (m *model) decide(ended, open []*span) {
	rooted := len(open) > 0
	for _, s := range ended {
		rooted = rooted || s.root
	}
	everybody := !rooted && !m.any
	for _, s := range ended {
		if s.urgent && m.policy.late {
			m.threshold, m.any, m.urgent = decision.Always, true, true
		}
	}
	if m.urgent {
		return
	}
	for _, s := range ended {
		m.lower(s, s.root || everybody)
	}
	for _, s := range open {
		if s.urgent && m.policy.late { // nobody knows that yet
			s = &span{root: true, rule: s.rule}
		}
		m.lower(s, true)
	}
}

func (m *model) rule(s *span) int32 { return min(s.rule, int32(len(m.policy.rules))-1) }

// lower counts the vote of an ordinary span.
func (m *model) lower(s *span, byRate bool) {
	rule := m.rule(s)
	if rule < 0 && !byRate {
		return
	}
	t := m.policy.Scaled(rule, uint8(m.policy.factor.Load()))
	if !m.any || t < m.threshold {
		m.threshold, m.any = t, true
	}
}

func (m *model) late(s *span) {
	if s.urgent && m.policy.late {
		m.threshold, m.any, m.urgent = decision.Always, true, true
	}
	if !m.urgent {
		m.lower(s, s.root)
	}
}

func (m *model) verdict(s *span, r decision.Randomness) verdict {
	floor := max(s.floor, s.recorded)
	if m.urgent {
		floor = s.recorded
	}
	t := max(m.threshold, floor)
	return verdict{t.Keeps(r), t}
}

// The hold, however many goroutines use it in whatever order, decides as the model does, about
// each span once.
func TestHoldDecidesAsTheModel(t *testing.T) {
	t.Parallel()
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	if os.Getenv("TRACEHOOK_SOAK") != "" {
		rounds = 3000
	}
	for round := range rounds {
		rnd := rand.New(rand.NewPCG(uint64(round), 1))
		level := uint32(rnd.IntN(3))
		policies := []*policy{
			{rate: at(0.1), rules: []decision.Threshold{at(0.5), at(1), at(0.01)}, late: true},
			{rate: at(0.3), rules: []decision.Threshold{at(0.05)}},
			{rate: at(0.2), late: true},
			{rate: at(1), late: true},
			{rate: at(1), rules: []decision.Threshold{at(0.1), at(0.2)}, late: true},
		}
		for _, p := range policies {
			p.factor.Store(level)
		}
		o := hold.Options{MaxTraceSpans: 3 + rnd.IntN(8)}
		h, set, sinks := newHold(t, o, policies...)
		scripts := make([]script, 60)
		for i := range scripts {
			scripts[i] = randomScript(rnd, uint64(i+1))
		}
		play(h, set, scripts, 6, rnd)
		for i, s := range sinks {
			want := map[uint64]verdict{}
			for _, script := range scripts {
				(&model{policy: policies[i], maxSpans: o.MaxTraceSpans}).run(script, want)
			}
			compare(t, fmt.Sprintf("round %d, connection %d", round, i), s, want)
		}
		_, oldest, _ := h.OldestOpen()
		if st, open := h.Stats(), h.Open(); st.Held != 0 || open != 0 || oldest != 0 {
			t.Fatalf("round %d: at rest there are %+v, %d open, the oldest for %v", round, st, open, oldest)
		}
		if t.Failed() {
			return
		}
	}
}

// play lets goroutines take turns: each has some of the traces, whose events it mixes.
func play(h *hold.Hold, set *hold.Set, scripts []script, goroutines int, rnd *rand.Rand) {
	var group sync.WaitGroup
	for g := range goroutines {
		seed := rnd.Uint64()
		group.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 2))
			var mine []script
			for i := g; i < len(scripts); i += goroutines {
				mine = append(mine, scripts[i])
			}
			for len(mine) > 0 {
				i := rnd.IntN(len(mine))
				e := mine[i].events[0]
				d := e.span.ended(mine[i].r)
				if e.end {
					h.End(set, &d, e.span.root, 100)
				} else {
					if e.span.urgent { // what shows only at the end
						started := *e.span
						started.urgent = false
						d = started.ended(mine[i].r)
					}
					h.Start(d.Ended, e.span.root)
				}
				if mine[i].events = mine[i].events[1:]; len(mine[i].events) == 0 {
					mine = append(mine[:i], mine[i+1:]...)
				}
			}
		})
	}
	group.Wait()
}

func compare(t *testing.T, where string, s *sink, want map[uint64]verdict) {
	t.Helper()
	if s.twice > 0 || int(s.entered.Load()) != len(want) {
		t.Errorf("%s: %d spans came out twice, %d of %d went in", where, s.twice, s.entered.Load(), len(want))
	}
	bad := 0
	for id, w := range want {
		got, ok := s.got[id]
		if v := (verdict{got.Keep, got.Threshold}); !ok || v.keep != w.keep || v.keep && v.threshold != w.threshold {
			if bad++; bad < 5 {
				t.Errorf("%s: span %d of trace %d: got %+v (%t), want %+v", where, id&0xfffff, id>>20, v, ok, w)
			}
		}
	}
}
