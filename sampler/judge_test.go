package sampler_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// Judge can be asked any number of times, in between and by anybody, and changes no decision.
func TestJudgeChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]sampler.Config{
		"limit":   {Rate: 0.5, Error: true, Limit: 20, Slow: time.Second},
		"counter": {Rate: 0.29, Error: true, Key: sampler.ByCounter},
		"dynamic": {Rate: 0.5, Error: true, Dynamic: true},
		"span id": {Rate: 0.5, Key: sampler.BySpanID, Limit: 100},
		"all":     {Rate: 0.5, Error: true, Dynamic: true, Limit: 50, Rules: []sampler.Rule{{Name: "x", Sample: 0.2}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ids := newIDs(5)
				asked, alone := policy(t, c), policy(t, c)
				head := sampler.NewHead(asked, alone)
				for i := range 5000 {
					in := pass{id: ids.trace(), failed: i%17 == 0, name: []string{"x", "y"}[i%2], remote: i%5 == 0, sampled: i%10 == 0, load: float64(i % 3000 / 2000)}
					_, s := in.start(t, head)
					s.Context = s.Context.WithSpanID(ids.span())
					var judged, again decision.Verdict
					for range i % 4 {
						asked.Judge(&judged, s)
						asked.Judge(&again, s)
						if judged.Threshold != again.Threshold || judged.Keep != again.Keep || judged.Reason != again.Reason || judged.Rule != again.Rule {
							t.Fatalf("span %d: %+v and then %+v", i, judged, again)
						}
					}
					got, want := asked.Decide(s, in.load), alone.Decide(s, in.load)
					if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b trace.TraceState) bool { return a.String() == b.String() })); diff != "" {
						t.Fatalf("span %d: %s", i, diff)
					}
					if i%4 > 0 && got.Keep && !judged.Keep {
						t.Fatalf("span %d is kept, though it was judged %+v", i, judged)
					}
					if i%4 > 0 && judged.Keep && !got.Keep && got.Reason != decision.ByLimit && got.Reason != decision.ByLoad && c.Key != sampler.ByCounter {
						t.Fatalf("span %d is left out by %v, though it was judged %+v", i, got.Reason, judged)
					}
					time.Sleep(time.Millisecond)
				}
			})
		})
	}
}

func TestJudgeAndChargeDoNotAllocate(t *testing.T) {
	p, spans := decided(t, 256)
	var v decision.Verdict
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		p.Judge(&v, &spans[i&63])
		p.Charge(&v, &spans[i&63], 0.99)
		i++
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
