package connection

import "sync/atomic"

// gate hands out the credits of a queue. It counts how many spans have come in, and how many
// of those have left again. A credit is taken by compare-and-swap: adding first and undoing
// it would refuse others for nothing.
type gate struct {
	capacity uint64
	ordinary uint64  // capacity without the reserved tenth
	each     float64 // what one span adds to the load
	_        [40]byte
	in       atomic.Uint64 // the highest bit says that the gate is closed
	_        [56]byte
	out      atomic.Uint64
	_        [56]byte
}

const closedBit = 1 << 63

type admission uint8

const (
	admitted admission = iota
	gateFull
	gateClosed
)

func newGate(capacity int) gate {
	ordinary := ordinaryOf(capacity)
	return gate{capacity: uint64(capacity), ordinary: uint64(ordinary), each: 1 / float64(ordinary)}
}

// ordinaryOf returns how much of a queue's capacity is there for all spans.
func ordinaryOf(capacity int) int { return capacity - capacity/10 }

// take asks for a credit. Urgent spans may have those of the reserved tenth, too.
func (g *gate) take(urgent bool) admission {
	limit := g.ordinary
	if urgent {
		limit = g.capacity
	}
	for {
		// out before in: the other way round, credits that were taken and given back in
		// between would make the difference negative.
		out := g.out.Load()
		in := g.in.Load()
		switch {
		case in&closedBit != 0:
			return gateClosed
		case in-out >= limit:
			if g.out.Load() == out {
				return gateFull
			}
		case g.in.CompareAndSwap(in, in+1):
			return admitted
		}
	}
}

// give returns n credits.
func (g *gate) give(n int) { g.out.Add(uint64(n)) }

// close lets nobody in any more. It returns once no credit can be taken; those that were
// taken may still be out.
func (g *gate) close() { g.in.Or(closedBit) }

// entered returns how many spans have ever come in.
func (g *gate) entered() uint64 { return g.in.Load() &^ closedBit }

// pending returns how many credits are out.
func (g *gate) pending() uint64 {
	out := g.out.Load()
	return g.entered() - out
}

// load returns how full the part for ordinary spans is, 0 to 1. It counts urgent spans, too,
// as take does: leaving them out would need a mark on each, to be found when it leaves.
func (g *gate) load() float64 {
	out := g.out.Load()
	n := g.entered() - out
	if n >= g.ordinary {
		return 1
	}
	return float64(n) * g.each
}
