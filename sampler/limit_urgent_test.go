package sampler_test

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// flood offers spans of one second after the other and returns how many ordinary and failing ones
// each second kept. order says of which kind the nth span of a second is, and when it comes.
func flood(t *testing.T, p *sampler.Policy, seconds int, spans []arrival, all *estimate) (kept [][2]int) {
	t.Helper()
	head := sampler.NewHead(p)
	_, ordinary := pass{id: high()}.start(t, head)
	_, failing := pass{id: high(), failed: true}.start(t, head)
	kept = make([][2]int, seconds)
	begin := time.Now()
	for second := range seconds {
		for _, a := range spans {
			time.Sleep(time.Until(begin.Add(time.Duration(second)*time.Second + a.at)))
			s, kind := ordinary, 0
			if a.failed {
				s, kind = failing, 1
			}
			v := p.Decide(s, 0)
			if all != nil {
				all.ended(v.Threshold.Probability())
			}
			switch {
			case v.Keep:
				kept[second][kind]++
				fallthrough
			case v.Reason == decision.ByLimit:
				if all != nil {
					all.exported(v.Threshold.AdjustedCount())
				}
			}
		}
	}
	return kept
}

type arrival struct {
	at     time.Duration
	failed bool
}

func spread(n int, from, to time.Duration, failed func(i int) bool) (all []arrival) {
	for i := range n {
		all = append(all, arrival{from + (to-from)*time.Duration(i)/time.Duration(n), failed(i)})
	}
	return all
}

// Under a flood of both, errors pass up to the limit, whenever in a second they come.
func TestLimitSparesErrors(t *testing.T) {
	t.Parallel()
	never, always := func(int) bool { return false }, func(int) bool { return true }
	for name, spans := range map[string][]arrival{
		"mixed":      spread(10_500, 0, time.Second, func(i int) bool { return i%21 == 20 }),
		"in bursts":  append(spread(10_000, 0, 900*time.Millisecond, never), spread(500, 900*time.Millisecond, 901*time.Millisecond, always)...),
		"last":       append(spread(10_000, 0, time.Millisecond, never), spread(500, time.Millisecond, 2*time.Millisecond, always)...),
		"first":      append(spread(500, 0, time.Millisecond, always), spread(10_000, time.Millisecond, time.Second, never)...),
		"a few each": spread(10_500, 0, time.Second, func(i int) bool { return i%1050 < 50 }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := policy(t, sampler.Config{Rate: 1, Error: true, Limit: 100})
				var all estimate
				for second, kept := range flood(t, p, 8, spans, &all) {
					if sum := kept[0] + kept[1]; sum > 200 || second > 0 && sum < 95 {
						t.Errorf("second %d: %d spans passed", second, sum)
					}
					if second >= 2 && kept[1]*10 < (kept[0]+kept[1])*9 {
						t.Errorf("second %d: %d errors passed beside %d others", second, kept[1], kept[0])
					}
				}
				all.check(t, "exported and refused")
			})
		})
	}
}

// What errors don't need is free: without any all of it, with a few the rest, after the last one
// all of it again.
func TestLimitHoldsBackNoMoreThanNeeded(t *testing.T) {
	t.Parallel()
	for failing, want := range map[int]int{0: 100, 20: 80, 90: 10} {
		t.Run(fmt.Sprint(failing, " errors a second"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := policy(t, sampler.Config{Rate: 1, Error: true, Limit: 100})
				spans := spread(9000+failing, 0, time.Second, func(i int) bool { return failing > 0 && i%(9000/failing+1) == 7 })
				for second, kept := range flood(t, p, 13, spans, nil)[10:] { // what errors leave fills the bucket slowly
					if kept[1] < failing-1 || math.Abs(float64(kept[0]-want)) > 4 {
						t.Errorf("second %d: %d errors and %d others passed, want %d and %d", second+10, kept[1], kept[0], failing, want)
					}
				}
				calm := flood(t, p, 9, spread(9000, 0, time.Second, func(int) bool { return false }), nil)
				if last := calm[8][0]; last < 98 || last > 102 {
					t.Errorf("nine seconds after the last error %d others pass, want 100", last)
				}
			})
		})
	}
}

// While only ordinary spans are refused, each error still stands for itself, and is said to.
func TestLimitKeepsTheWeightOfErrorsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(t, sampler.Config{Rate: 1, Error: true, Limit: 100})
		head := sampler.NewHead(p)
		_, ordinary := pass{id: high()}.start(t, head)
		_, failing := pass{id: high(), failed: true}.start(t, head)
		for range 100 {
			for range 10 {
				p.Decide(ordinary, 0)
			}
			p.Decide(failing, 0)
			time.Sleep(50 * time.Millisecond)
		}
		v := p.Decide(failing, 0)
		w := p.Decide(ordinary, 0)
		for w.Keep {
			w = p.Decide(ordinary, 0)
		}
		time.Sleep(20 * time.Millisecond)
		after := p.Decide(failing, 0)
		if !v.Keep || !v.Known || !after.Keep || !after.Known {
			t.Errorf("errors are %+v and %+v, want kept and of known weight", v, after)
		}
		time.Sleep(20 * time.Millisecond)
		if w := p.Decide(ordinary, 0); w.Keep && w.Known {
			t.Errorf("%+v after refusals, want the weight unknown", w)
		}
	})
}

// As long as room is held for errors, ordinary spans are refused again and again, so that the weights of
// those that pass stay unknown, also at moments at which the bucket is full.
func TestLimitHidesTheWeightWhileRoomIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(t, sampler.Config{Rate: 1, Error: true, Limit: 10})
		head := sampler.NewHead(p)
		_, ordinary := pass{id: high()}.start(t, head)
		_, failing := pass{id: high(), failed: true}.start(t, head)
		for range 8 {
			p.Decide(failing, 0)
		}
		time.Sleep(time.Second)
		for i := range 5 {
			if v := p.Decide(ordinary, 0); v.Keep != (i < 2) || v.Keep && !v.Known {
				t.Fatalf("span %d beside room for 8 errors: %+v", i, v)
			}
		}
		time.Sleep(time.Second) // full again, and the errors aren't forgotten
		if v := p.Decide(ordinary, 0); !v.Keep || v.Known {
			t.Errorf("while room is held: %+v, want one that is kept with an unknown weight", v)
		}
		time.Sleep(time.Minute)
		if v := p.Decide(ordinary, 0); !v.Keep || !v.Known {
			t.Errorf("when nothing is held any more: %+v", v)
		}
	})
}
