package hold_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tracehook/tracehook/processor/internal/hold"
)

// One trace that many goroutines work on is whole, and each of its spans comes out once, also while
// reloads exchange the policy.
func TestOneTraceAndManyGoroutines(t *testing.T) {
	t.Parallel()
	for _, reload := range []bool{false, true} {
		h, set, sinks := newHold(t, hold.Options{}, &policy{rate: at(0.5)}, &policy{rate: at(0.3), late: true})
		const goroutines, each = 32, 100
		root := span{trace: 1, id: 1, root: true, rule: -1}
		d := root.ended(1 << 55)
		h.Start(d.Ended, true)
		var id atomic.Uint64
		id.Store(1)
		var group sync.WaitGroup
		for range goroutines {
			group.Go(func() {
				for range each {
					s := span{trace: 1, id: id.Add(1), rule: -1}
					d := s.ended(1 << 55)
					h.Start(d.Ended, false)
					h.End(set, &d, false, 100)
				}
			})
		}
		if reload {
			for n := range 50 {
				h.Reload(hold.NewSet(
					hold.Connection{Name: "a", Policy: &policy{rate: at(0.5)}, Sink: sinks[0]},
					hold.Connection{Name: string(rune('b' + n%2)), Policy: &policy{rate: at(0.3), late: true}, Sink: sinks[1]}))
			}
			h.Reload(set)
		}
		group.Wait()
		h.End(set, &d, true, 100)
		for i, s := range sinks {
			if len(s.got) != goroutines*each+1 || s.twice > 0 || int(s.entered.Load()) != goroutines*each+1 {
				t.Errorf("reload %t, connection %d: %d spans came out, %d twice, of %d", reload, i, len(s.got), s.twice, s.entered.Load())
			}
			if !reload && s.counts[hold.Complete] != 1 {
				t.Errorf("connection %d: decisions %v", i, s.counts)
			}
		}
		if st, open := h.Stats(), h.Open(); st.Held != 0 || open != 0 {
			t.Errorf("at rest: %+v, %d open", st, open)
		}
	}
}
