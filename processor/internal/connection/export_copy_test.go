package connection

import (
	"math/rand/v2"
	"testing"

	"github.com/tracehook/tracehook/decision"
)

// Spans of any number of thresholds, one after the other and again, each count for what their verdict says,
// although the cache remembers few.
func TestFormsSayWhatTheVerdictSays(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	thresholds := make([]decision.Threshold, 200)
	for i := range thresholds {
		thresholds[i] = decision.Threshold(random.Uint64N(uint64(decision.Never)))
	}
	var cache copyCache
	s := kept()
	for _, rewrite := range []bool{false, true} {
		for range 2 {
			for _, want := range thresholds {
				edit := decision.Edit{Threshold: want, SetThreshold: true}
				s.Verdict = decision.Verdict{Keep: true, Known: true, Threshold: want, Rewrite: rewrite}
				if rewrite {
					s.Verdict.State = edit.Apply(s.Span.Context.TraceState())
				}
				s.Judge()
				f := cache.form(s)
				if f.threshold != want || f.rewrite != rewrite || rewrite && f.state.String() != s.Verdict.State.String() {
					t.Fatalf("a span with th:%v, rewritten %t, is exported with th:%v, rewritten %t, %q", want, rewrite, f.threshold, f.rewrite, f.state)
				}
			}
		}
	}
}
