package connection

import (
	"sync"
	"sync/atomic"
	"time"
)

// gate hands out the credits of a queue. One word has how many spans are in it, how many bytes they
// take, and whether it is closed, so that a span comes in by one compare-and-swap. Adding first and
// undoing it would refuse others for nothing.
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
	word     atomic.Uint64 // a gateWord
	_        [56]byte
	mu       sync.Mutex // of those who change out, or read it together with word
	out      uint64     // how many spans have ever left
	_        [48]byte
	// When the reserved tenth was last touched, and since when with pauses of less than
	// lasting: milliseconds after start.
	touched, touchedSince atomic.Int64
}

// gateWord has bytes in its lower bits, spans above them, and the closed bit.
type gateWord uint64

const (
	closedBit = 1 << 63
	byteBits  = 38
	oneSpan   = 1 << byteBits
	mostBytes = oneSpan - 1
)

func (w gateWord) closed() bool  { return w&closedBit != 0 }
func (w gateWord) spans() uint64 { return uint64(w&^closedBit) >> byteBits }
func (w gateWord) bytes() int64  { return int64(w & mostBytes) }

// with returns w with that many spans and bytes in it.
func (w gateWord) with(spans uint64, bytes int64) gateWord {
	return w&closedBit | gateWord(spans)<<byteBits | gateWord(min(max(bytes, 0), mostBytes))
}

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
// for urgent spans; see patient.
func (g *gate) take(urgent bool, spans int, size int64) admission {
	for {
		w := gateWord(g.word.Load())
		if w.closed() {
			return gateClosed
		}
		before := w.spans()
		n, bytes := before+uint64(spans), w.bytes()+size
		if n > g.capacity || before > 0 && (bytes > g.size ||
			(n > g.ordinary || bytes > g.most) && !urgent && g.isReserved()) {
			return gateFull
		}
		if g.word.CompareAndSwap(uint64(w), uint64(w.with(n, bytes))) {
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
	g.mu.Lock()
	defer g.mu.Unlock()
	g.out += uint64(n)
	for {
		w := gateWord(g.word.Load())
		spans, bytes := w.spans()-uint64(n), w.bytes()-size
		if spans == 0 {
			bytes = 0
		}
		if g.word.CompareAndSwap(uint64(w), uint64(w.with(spans, bytes))) {
			return
		}
	}
}

// close lets nobody in any more. It returns once no credit can be taken; those that were
// taken may still be out.
func (g *gate) close() { g.word.Or(closedBit) }

func (g *gate) isClosed() bool { return gateWord(g.word.Load()).closed() }

// entered returns how many spans have ever come in.
func (g *gate) entered() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.out + g.pending()
}

// pending returns how many credits are out.
func (g *gate) pending() uint64 { return gateWord(g.word.Load()).spans() }

// load returns how full the part for ordinary spans is, in spans or in bytes, 0 to 1. It
// counts urgent spans, too, as take does: leaving them out would need a mark on each, to be
// found when it leaves.
func (g *gate) load() float64 {
	w := gateWord(g.word.Load())
	return min(1, max(float64(w.spans())*g.perSpan, float64(w.bytes())*g.perByte))
}
