package hold_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/hold"
)

// busy is a sink whose connection gets busier by what it is given.
type busy struct {
	*sink
	policy *policy
	sum    float64
}

func (b *busy) take(d *hold.Decided) {
	if d.Verdict.Keep {
		b.policy.factor.Store(1)
		b.sum += d.Verdict.Threshold.AdjustedCount()
	}
}

func (b *busy) Release(all []hold.Decided) {
	for i := range all {
		b.take(&all[i])
	}
}
func (b *busy) Late(one *hold.Decided) { b.take(one) }
func (b *busy) Pass(one *hold.Decided) { b.take(one) }

// A trace that raises the load itself, so that its own later parts and late spans find another
// factor, counts as often as it should: with the factor of its first decision.
func TestATraceThatRaisesTheFactor(t *testing.T) {
	t.Parallel()
	p := &policy{rate: at(0.5)}
	p.rules = []decision.Threshold{at(0.8), at(0.95), at(1)} // the last one never matches: nothing is certain early
	b := &busy{sink: newSink(), policy: p}
	h := hold.New(hold.Options{MaxTraceSpans: 2})
	set := hold.NewSet(hold.Connection{Name: "a", Policy: p, Sink: b})
	h.Reload(set)
	t.Cleanup(h.Shutdown)
	rnd := rand.New(rand.NewPCG(3, 4))
	const traces = 20_000
	var sum, squares float64
	for n := range uint64(traces) {
		p.factor.Store(uint32(n % 2)) // the load that others make
		r := decision.Randomness(rnd.Uint64() % uint64(decision.Never))
		b.sum = 0
		spans := 0
		for part := range int32(2) {
			all := make([]span, 4+6*part) // those after the second one are late
			for i := range all {
				all[i] = span{trace: n + 1, id: n<<8 + uint64(spans), root: i == len(all)-1, rule: -1}
				if i == 2 && part == 0 || i == 0 && part == 1 {
					all[i].rule = part // looser than what was decided
				}
				spans++
				d := all[i].ended(r)
				h.Start(d.Ended, all[i].root)
			}
			for i := range all {
				d := all[i].ended(r)
				h.End(set, &d, all[i].root, 100)
			}
		}
		d := b.sum - float64(spans)
		sum += d
		squares += d * d
	}
	if z := sum / math.Sqrt(squares); math.Abs(z) > 4 {
		t.Errorf("z is %.1f: %.0f more than the truth of %d", z, sum, 14*traces)
	}
}

// A trace passes a limit whole if there is a token, and the limit is in debt then; its late spans
// pass, too. Those of one that was refused don't, but for an error, which asks again.
func TestTracesUnderALimit(t *testing.T) {
	t.Parallel()
	p := &policy{rate: at(1), late: true, limit: &tokens{left: 5}}
	h, set, sinks := newHold(t, hold.Options{MaxTraceSpans: 8}, p)
	id := uint64(0)
	trace := func(n uint64, spans, errorAt int) {
		for i := range spans {
			id++
			s := span{trace: n, id: id, root: i == 0, rule: -1, urgent: i == errorAt}
			d := s.ended(5)
			h.Start(d.Ended, s.root)
			defer h.End(set, &d, s.root, 100)
		}
	}
	kept := func() (n int) {
		for _, v := range sinks[0].got {
			if v.Keep {
				n++
			} else if v.Reason != decision.ByLimit {
				t.Errorf("left out for %v", v.Reason)
			}
		}
		return n
	}
	for _, step := range []struct {
		trace           uint64
		spans, errorAt  int
		tokens          int
		kept, nowTokens int
	}{
		{1, 3, -1, 5, 3, 2},
		{2, 4, -1, 2, 7, -2},   // into debt
		{3, 4, -1, 0, 7, 0},    // refused
		{4, 10, -1, 1, 17, -9}, // the last two are late
		{5, 10, -1, 0, 17, 0},
	} {
		p.limit.left = step.tokens
		trace(step.trace, step.spans, step.errorAt)
		if got := kept(); got != step.kept || p.limit.left != step.nowTokens {
			t.Errorf("after trace %d: %d spans are kept, %d tokens left; want %d, %d", step.trace, got, p.limit.left, step.kept, step.nowTokens)
		}
	}
}
