package sampler_test

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// Over a minute, with any number of goroutines, no more passes than the limit and one burst;
// and all of it is used, since more is asked for. The burst is one second's worth.
func TestLimitIsExact(t *testing.T) {
	t.Parallel()
	for _, limit := range []float64{0.5, 3, 100, 1234.5} {
		for _, goroutines := range []int{1, 4, 64} {
			t.Run(fmt.Sprintf("%v a second, %d goroutines", limit, goroutines), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					p := policy(t, sampler.Config{Rate: 1, Limit: limit})
					head := sampler.NewHead(p)
					_, s := pass{id: high()}.start(t, head)
					var kept, refused atomic.Int64
					var wg sync.WaitGroup
					const minute, tick = time.Minute, 50 * time.Millisecond
					demand := int(math.Ceil(limit*tick.Seconds()*2/float64(goroutines))) + 1 // at least twice the limit
					for range goroutines {
						wg.Go(func() {
							for range minute / tick {
								for range demand {
									switch v := p.Decide(s, 0); {
									case v.Keep:
										kept.Add(1)
									case v.Reason == decision.ByLimit && v.Threshold == decision.Always:
										refused.Add(1)
									default:
										t.Errorf("neither kept nor refused: %+v", v)
									}
								}
								time.Sleep(tick)
							}
						})
					}
					wg.Wait()
					asked := int64(goroutines) * int64(demand) * int64(minute/tick)
					if kept.Load()+refused.Load() != asked {
						t.Errorf("%d kept and %d refused are not %d", kept.Load(), refused.Load(), asked)
					}
					// Demand ends one tick before the minute does; one second's worth was in the bucket.
					most := limit*60 + max(limit, 1)
					least := limit*(60-tick.Seconds()) + max(limit, 1) - 2
					if got := float64(kept.Load()); got > most || got < least {
						t.Errorf("%v passed, want %v to %v", got, least, most)
					}
				})
			})
		}
	}
}

// An idle limit lets at most one second's worth through at once, however long it was idle.
func TestLimitBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(t, sampler.Config{Rate: 1, Error: true, Limit: 10})
		head := sampler.NewHead(p)
		_, s := pass{id: low(), failed: true}.start(t, head)
		for _, idle := range []time.Duration{0, time.Hour, 500 * time.Millisecond} {
			time.Sleep(idle)
			want := min(10, int(10*idle.Seconds()))
			if idle == 0 {
				want = 10
			}
			for i := range 15 {
				v := p.Decide(s, 0)
				if v.Keep != (i < want) {
					t.Errorf("after %v, error %d: keep %v by %v, want %d to pass", idle, i, v.Keep, v.Reason, want)
				}
			}
		}
	})
}

// From the first refusal until the bucket is full again, what passes has no th.
func TestLimitHidesTheWeightWhileItRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(t, sampler.Config{Rate: 0.5, Propagate: true, Limit: 2})
		head := sampler.NewHead(p)
		_, s := pass{id: high()}.start(t, head)
		step := func(what string, keep, known bool) {
			t.Helper()
			v := p.Decide(s, 0)
			if v.Keep != keep || v.Known != known || v.Threshold.String() != "8" {
				t.Fatalf("%s: keep %v, known %v, th %q; want %v, %v, \"8\"", what, v.Keep, v.Known, v.Threshold, keep, known)
			}
			if keep {
				weigh(t, s, v)
			}
		}
		step("first", true, true)
		step("second", true, true)
		step("third, refused", false, false)
		time.Sleep(500 * time.Millisecond)
		step("after half a second, not full", true, false)
		time.Sleep(900 * time.Millisecond)
		step("still not full", true, false)
		time.Sleep(1100 * time.Millisecond)
		step("full again", true, true)
	})
}

// What passes and what was refused are, together and by the weight of their verdicts, an unbiased
// estimate.
func TestLimitedAndExportedTogetherAreUnbiased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 40_000 / scale
		p := policy(t, sampler.Config{Rate: 0.1, Error: true, Propagate: true, Limit: 50})
		head := sampler.NewHead(p)
		ids := newIDs(13)
		var all estimate
		refused := 0
		for range n {
			in := pass{id: ids.trace(), failed: ids.IntN(20) == 0}
			_, s := in.start(t, head)
			if in.failed {
				all.ended(1)
			} else {
				all.ended(0.1)
			}
			v := p.Decide(s, 0)
			switch {
			case v.Keep:
				weight, _ := weigh(t, s, v)
				all.exported(weight)
			case v.Reason == decision.ByLimit:
				refused++
				all.exported(v.Threshold.AdjustedCount())
			case in.failed:
				t.Fatal("an error was lost, and not to the limit")
			}
			time.Sleep(time.Millisecond)
		}
		if refused < n/50 {
			t.Errorf("only %d of %d spans were refused", refused, n)
		}
		all.check(t, "exported and refused")
	})
}

// The factor follows load that lasts, in both directions, and whether or not spans end meanwhile.
func TestFactorFollowsTheLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(t, sampler.Config{Rate: 1, Propagate: true, Dynamic: true})
		head := sampler.NewHead(p)
		_, s := pass{id: trace.TraceID{0: 1, 9: 0xff, 10: 0xff}}.start(t, head)
		for i, tc := range []struct {
			wait      time.Duration
			load      float64
			want      float64
			threshold string
		}{
			{0, 0, 1, "0"},
			{time.Hour, 0.79, 1, "0"},
			{time.Hour, 1, 1, "0"}, // a driver blocks, the queue is full
			{400 * time.Millisecond, 1, 1, "0"},
			{300 * time.Millisecond, 1, 0.5, "8"},
			{400 * time.Millisecond, 1, 0.2, "cccd"},
			{time.Second, 1, 0.1, "e666"},
			{0, 0, 0.1, "e666"},                      // it recovers, but may come back
			{50 * time.Millisecond, 0, 0.1, "e666"},  //
			{50 * time.Millisecond, 1, 0.1, "e666"},  // and so it does
			{time.Hour, 5, 0.1, "e666"},              //
			{500 * time.Millisecond, 0, 0.5, "8"},    // it recovers for good
			{time.Second, math.NaN(), 1, "0"},        //
			{time.Hour, 1, 1, "0"},                   // a burst
			{400 * time.Millisecond, 1, 1, "0"},      //
			{10 * time.Millisecond, 0, 1, "0"},       //
			{100 * time.Millisecond, 0.92, 1, "0"},   // a load that lasts on a middle level
			{3 * time.Second, 0.92, 0.2, "cccd"},     //
			{time.Minute, 0.87, 0.2, "cccd"},         // within the band
			{time.Minute, 0.84, 0.5, "8"},            //
			{12 * time.Second, 0, 1, "0"},            // nothing has ended for some time
			{12 * time.Second, 0.9999, 1, "0"},       // and now a lot does
			{500 * time.Millisecond, 0.9999, 1, "0"}, //
		} {
			time.Sleep(tc.wait)
			if got := p.FactorAt(tc.load); got != tc.want {
				t.Fatalf("step %d, load %v: factor %v if asked, want %v", i, tc.load, got, tc.want)
			}
			v := p.Decide(s, tc.load)
			if got := p.Factor(); got != tc.want || v.Threshold.String() != tc.threshold {
				t.Fatalf("step %d, load %v: factor %v with th %q, want %v with %q", i, tc.load, got, v.Threshold, tc.want, tc.threshold)
			}
			weigh(t, s, v)
		}
	})
}

// A queue that is emptied by large batches and full again at once is full.
func TestFactorSeesThroughLargeBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(t, sampler.Config{Rate: 1, Dynamic: true})
		_, s := pass{id: high()}.start(t, sampler.NewHead(p))
		for i := range 3000 {
			load := 1.0
			if i%100 < 5 {
				load = 0.5
			}
			p.Decide(s, load)
			time.Sleep(time.Millisecond)
		}
		if got := p.Factor(); got > 0.2 {
			t.Errorf("factor %v after three seconds with a full queue, want at most 0.2", got)
		}
	})
}

// What the factor sheds is told apart from what the rate leaves out.
func TestFactorTellsWhatItSheds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(t, sampler.Config{Rate: 0.5, Dynamic: true})
		head := sampler.NewHead(p)
		_, thinned := pass{id: low()}.start(t, head)
		_, shed := pass{id: trace.TraceID{0: 1, 9: 0x81}}.start(t, head)
		shedding(p, shed)
		if v := p.Decide(thinned, 1); v.Keep || v.Reason != decision.ByRate {
			t.Errorf("below the rate: %+v, want left out by the rate", v)
		}
		if v := p.Decide(shed, 1); v.Keep || v.Reason != decision.ByLoad {
			t.Errorf("above the rate: %+v, want left out by the load", v)
		}
	})
}

// shedding brings p to its lowest factor, by the clock of a synctest bubble.
func shedding(p *sampler.Policy, s *decision.Span) {
	for range 2 {
		p.Decide(s, 1)
		time.Sleep(3 * time.Second)
	}
}

// A load that jumps around a threshold changes the factor at most a few times a second.
func TestFactorDoesNotFlap(t *testing.T) {
	t.Parallel()
	for _, swing := range []float64{0.001, 0.02, 0.2, 0.4} {
		t.Run(fmt.Sprint("swing ", swing), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := policy(t, sampler.Config{Rate: 1, Dynamic: true})
				_, s := pass{id: high()}.start(t, sampler.NewHead(p))
				random := newIDs(14)
				changes, before := 0, p.Factor()
				const seconds = 20
				for range seconds * 1000 {
					p.Decide(s, 0.8+swing*(random.Float64()-0.45))
					if now := p.Factor(); now != before {
						changes, before = changes+1, now
					}
					time.Sleep(time.Millisecond)
				}
				if changes == 0 || changes > 3*seconds {
					t.Errorf("%d changes in %d seconds, want some, but at most three a second", changes, seconds)
				}
			})
		})
	}
}

// Errors and slow spans are not thinned, and a policy that isn't dynamic ignores the load.
func TestFactorSparesErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testFactorSparesErrors)
}

func testFactorSparesErrors(t *testing.T) {
	t.Helper()
	dynamic := policy(t, sampler.Config{Rate: 1, Error: true, Slow: time.Second, Dynamic: true})
	steady := policy(t, sampler.Config{Rate: 1})
	head := sampler.NewHead(dynamic, steady)
	for _, in := range []pass{{id: low(), failed: true}, {id: low(), duration: time.Hour}} {
		_, s := in.start(t, head)
		shedding(dynamic, s)
		if v := dynamic.Decide(s, 1); !v.Keep || v.Threshold != decision.Always {
			t.Errorf("%+v: %+v, want kept at 1", in, v)
		}
	}
	_, s := pass{id: low()}.start(t, head)
	shedding(dynamic, s)
	if v := dynamic.Decide(s, 1); v.Keep {
		t.Errorf("an ordinary span of low randomness is kept at factor %v", dynamic.Factor())
	}
	if v := steady.Decide(s, 1); !v.Keep || steady.Factor() != 1 {
		t.Errorf("a policy that isn't dynamic thins at load 1: factor %v", steady.Factor())
	}
}
