package ledger

import (
	"math"
	"sync/atomic"

	"github.com/tracehook/tracehook/decision"
)

// Tally is a number of spans, and how many more they stood for. The sum of both is their
// adjusted count. Kept apart, a span of weight one costs one addition of integers.
type Tally struct {
	Spans uint64
	Extra float64
}

// Plus returns the sum of t and u.
func (t Tally) Plus(u Tally) Tally { return Tally{t.Spans + u.Spans, t.Extra + u.Extra} }

// Minus returns t without u, which is a part of it.
func (t Tally) Minus(u Tally) Tally {
	if t.Spans == u.Spans {
		return Tally{} // no residue of rounding
	}
	return Tally{t.Spans - u.Spans, t.Extra - u.Extra}
}

// Adjusted returns how many spans t stands for.
func (t Tally) Adjusted() float64 { return float64(t.Spans) + t.Extra }

// share returns n spans of t with an equal share of what all stood for: which ones they are
// isn't known.
func (t Tally) share(n uint64) Tally {
	if n >= t.Spans {
		return t
	}
	return Tally{n, t.Extra * float64(n) / float64(t.Spans)}
}

// Surplus returns how many spans one kept at t stands for besides itself.
func Surplus(t decision.Threshold) float64 {
	if t == decision.Always || t >= decision.Never {
		return 0
	}
	return t.AdjustedCount() - 1
}

// Counter is a [Tally] that many goroutines add to.
type Counter struct {
	spans atomic.Uint64
	extra atomic.Uint64 // the bits of a float64
}

// Add counts a span that was kept at t.
func (c *Counter) Add(t decision.Threshold) {
	c.spans.Add(1)
	x := Surplus(t)
	if x == 0 {
		return
	}
	for {
		old := c.extra.Load()
		if c.extra.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+x)) {
			return
		}
	}
}

// Load returns what has been counted.
func (c *Counter) Load() Tally {
	return Tally{c.spans.Load(), math.Float64frombits(c.extra.Load())}
}
