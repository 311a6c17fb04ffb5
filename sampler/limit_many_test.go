package sampler_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/sampler"
)

// TestTokensOfALargePart takes tokens for parts of traces at ten a second. A part passes whole if there is
// one token, however large it is, and the bucket is in debt until that is paid off; then the rest of the
// same part passes, and no other one.
func TestTokensOfALargePart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := sampler.NewPolicy(sampler.Config{Connection: "c", Rate: 1, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			after             time.Duration
			spans             int
			must, pass, whole bool
		}{
			{0, 25, false, true, true}, // 15 in debt
			{0, 1, false, false, false},
			{time.Second, 1, false, false, false}, // still 5
			{0, 2, true, true, false},             // late spans of the first part: 7
			{700 * time.Millisecond, 1, false, false, false},
			{110 * time.Millisecond, 30, false, true, false}, // paid off, but one was refused
			{3100 * time.Millisecond, 1, false, true, false},
			{2 * time.Second, 10, false, true, true}, // full again
		} {
			time.Sleep(step.after)
			if pass, whole := p.Tokens(step.spans, false, step.must); pass != step.pass || whole != step.whole {
				t.Errorf("%+v: passes %t, whole %t", step, pass, whole)
			}
		}
	})
}
