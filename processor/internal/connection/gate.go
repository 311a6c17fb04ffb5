package connection

import (
	"sync/atomic"
	"time"
)

// gate hands out the credits of a queue. It counts how many spans have come in, and how many
// of those have left again. A credit is taken by compare-and-swap: adding first and undoing
// it would refuse others for nothing. The bytes of the spans are bounded, too; callers who
// enter at the same moment may exceed that bound by their spans.
type gate struct {
	capacity uint64
	ordinary uint64 // capacity without the reserved tenth
	size     int64
	most     int64   // size without the reserved tenth
	perSpan  float64 // what one span adds to the load
	perByte  float64
	patient  bool // the last tenth is reserved only under a load that lasts
	start    time.Time
	_        [56]byte
	in       atomic.Uint64 // the highest bit says that the gate is closed
	_        [56]byte
	out      atomic.Uint64
	bytes    atomic.Int64
	_        [48]byte
	// When the reserved tenth was last touched, and since when with pauses of less than
	// lasting: milliseconds after start.
	touched, touchedSince atomic.Int64
}

const closedBit = 1 << 63

// lasting is how long a queue that drops must have been nearly full until its last tenth is
// reserved. A burst that the queue can take loses nothing to it.
const lasting = time.Second

type admission uint8

const (
	admitted admission = iota
	gateFull
	gateClosed
)

func newGate(capacity int, size int64, patient bool) gate {
	ordinary, most := ordinaryOf(capacity), size-size/10
	return gate{
		capacity: uint64(capacity), ordinary: uint64(ordinary), size: size, most: most,
		perSpan: 1 / float64(ordinary), perByte: 1 / float64(most), patient: patient,
		start: time.Now().Add(-time.Hour), // touched is 0
	}
}

// ordinaryOf returns how much of a queue's capacity is there for all spans.
func ordinaryOf(capacity int) int { return capacity - capacity/10 }

// take asks for credits for spans that take so many bytes: for all or for none. The last tenth is
// for urgent spans; see patient. More spans than there are places must not be asked for.
func (g *gate) take(urgent bool, spans int, size int64) admission {
	for {
		// out before in: the other way round, credits that were taken and given back in
		// between would make the difference negative.
		out := g.out.Load()
		in := g.in.Load()
		n := in - out
		k := uint64(spans)
		bytes := g.bytes.Load() + size
		switch {
		case in&closedBit != 0:
			return gateClosed
		case n+k > g.capacity || bytes > g.size && n > 0,
			(n+k > g.ordinary || bytes > g.most) && !urgent && n > 0 && g.isReserved():
			if g.out.Load() == out {
				return gateFull
			}
		case g.in.CompareAndSwap(in, in+k):
			g.bytes.Add(size)
			return admitted
		}
	}
}

// isReserved reports whether the queue has been nearly full for some time, by the judgement of
// those who have asked for its last tenth.
func (g *gate) isReserved() bool {
	if !g.patient {
		return true
	}
	now := time.Since(g.start).Milliseconds()
	last := g.touched.Load()
	if now != last {
		g.touched.Store(now)
	}
	if now-last > lasting.Milliseconds() {
		g.touchedSince.Store(now)
		return false
	}
	return now-g.touchedSince.Load() >= lasting.Milliseconds()
}

// give returns n credits for spans of so many bytes.
func (g *gate) give(n int, size int64) {
	g.bytes.Add(-size)
	g.out.Add(uint64(n))
}

// close lets nobody in any more. It returns once no credit can be taken; those that were
// taken may still be out.
func (g *gate) close() { g.in.Or(closedBit) }

func (g *gate) isClosed() bool { return g.in.Load()&closedBit != 0 }

// entered returns how many spans have ever come in.
func (g *gate) entered() uint64 { return g.in.Load() &^ closedBit }

// pending returns how many credits are out.
func (g *gate) pending() uint64 {
	out := g.out.Load()
	return g.entered() - out
}

// load returns how full the part for ordinary spans is, in spans or in bytes, 0 to 1. It
// counts urgent spans, too, as take does: leaving them out would need a mark on each, to be
// found when it leaves.
func (g *gate) load() float64 {
	out := g.out.Load()
	n := g.entered() - out
	return min(1, max(float64(n)*g.perSpan, float64(g.bytes.Load())*g.perByte))
}
