package processor

import (
	"math"
	"sync/atomic"

	"github.com/tracehook/tracehook/decision"
)

// tally is a number of spans, and how many more they stood for. The sum of both is their
// adjusted count: kept apart, a span of weight one costs one addition of integers.
type tally struct {
	spans uint64
	extra float64
}

func (t tally) plus(u tally) tally { return tally{t.spans + u.spans, t.extra + u.extra} }

// minus returns t without u, which is a part of it.
func (t tally) minus(u tally) tally {
	if t.spans == u.spans {
		return tally{} // no residue of rounding
	}
	return tally{t.spans - u.spans, t.extra - u.extra}
}

func (t tally) adjusted() float64 { return float64(t.spans) + t.extra }

// share returns n spans of t; nobody knows which ones, so they get an equal share of what
// all stood for.
func (t tally) share(n uint64) tally {
	if n >= t.spans {
		return t
	}
	return tally{n, t.extra * float64(n) / float64(t.spans)}
}

// counter is a tally that many goroutines add to.
type counter struct {
	spans atomic.Uint64
	extra atomic.Uint64 // the bits of a float64
}

func (c *counter) add(t decision.Threshold) {
	c.spans.Add(1)
	x := surplus(t)
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

// include adds t. Nobody else knows c yet.
func (c *counter) include(t tally) {
	sum := c.load().plus(t)
	c.spans.Store(sum.spans)
	c.extra.Store(math.Float64bits(sum.extra))
}

func (c *counter) load() tally {
	return tally{c.spans.Load(), math.Float64frombits(c.extra.Load())}
}
