package sampler

import (
	mathbits "math/bits"
	"math/rand/v2"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// note is what is remembered of a span, in one word: where it comes from, whether it was
// started inside an export, the number of the era that it began in, whether it has ended, and
// 52 bits that tell it from others.
type note uint64

const (
	noteOrigin note = 7
	noteExport note = 1 << 3
	noteEnded  note = 1 << 4
	noteEra         = 5 // shift of the era's number
	noteEras        = 128
	noteID     note = 1<<64 - 1<<12
)

func newNote(o decision.Origin, export bool, era uint8) note {
	n := note(o) | note(era)<<noteEra
	if export {
		n |= noteExport
	}
	return n
}

func (n note) origin() decision.Origin { return decision.Origin(n & noteOrigin) }
func (n note) export() bool            { return n&noteExport != 0 }
func (n note) era() uint8              { return uint8(n >> noteEra & (noteEras - 1)) }

const (
	spanBuckets  = 1 << 13
	traceBuckets = 1 << 11
	bucketSize   = 8 // words: a cache line
)

// spanNotes remembers the spans that this process has begun: about the last 65,536, and those
// that are open before those that have ended. What is pushed out is forgotten. A slot is one
// atomic word, so nobody waits.
type spanNotes [spanBuckets][bucketSize]atomic.Uint64

// put remembers n for the span of that key.
func (s *spanNotes) put(key uint64, n note) {
	b := &s[key%spanBuckets]
	word := uint64(noteIDOf(key) | n)
	first := key >> 60 // of all slots that are as good
	for i := range uint64(bucketSize) {
		slot := &b[(first+i)%bucketSize]
		old := slot.Load()
		if (old == 0 || note(old)&noteEnded != 0) && slot.CompareAndSwap(old, word) {
			return
		}
	}
	b[first%bucketSize].Store(word)
}

// get returns what is remembered of the span of that key. s may be nil.
func (s *spanNotes) get(key uint64) (note, bool) {
	if s == nil {
		return 0, false
	}
	b, id := &s[key%spanBuckets], noteIDOf(key)
	for i := range b {
		if n := note(b[i].Load()); n&noteID == id && n != 0 {
			return n, true
		}
	}
	return 0, false
}

// end is get, and says that the span has ended. A later one may take its place.
func (s *spanNotes) end(key uint64) (note, bool) {
	if s == nil {
		return 0, false
	}
	b, id := &s[key%spanBuckets], noteIDOf(key)
	for i := range b {
		if n := note(b[i].Load()); n&noteID == id && n != 0 {
			b[i].CompareAndSwap(uint64(n), uint64(n|noteEnded))
			return n, true
		}
	}
	return 0, false
}

// noteIDOf never returns 0, so that a slot in use is never 0.
func noteIDOf(key uint64) note { return note(key)&noteID | 1<<63 }

// traceKind is what is remembered of a trace.
type traceKind uint8

const (
	traceUnseen  traceKind = iota
	traceEntered           // a remote parent's decision was respected, on the head's own provider
	traceBegun             // it began at a sampler that was lent to another provider
	traceLent              // a remote parent's decision was respected, by such a sampler
)

// traceNotes remembers about the last 16,384 traces of those kinds. It serves where the note of
// a span is missing: below a span that was dropped, or whose note was pushed out.
type traceNotes [traceBuckets][bucketSize]atomic.Uint64

func (t *traceNotes) put(key uint64, kind traceKind) {
	b, id := &t[key%traceBuckets], key&^3|4
	first, free := key>>60, -1
	for i := range uint64(bucketSize) {
		at := (first + i) % bucketSize
		switch old := b[at].Load(); {
		case old&^3 == id:
			if traceKind(old&3) < kind {
				b[at].Store(id | uint64(kind))
			}
			return
		case old == 0 && free < 0:
			free = int(at)
		}
	}
	if free < 0 {
		free = int(first % bucketSize)
	}
	b[free].Store(id | uint64(kind))
}

// get returns what is remembered. t may be nil.
func (t *traceNotes) get(key uint64) traceKind {
	if t == nil {
		return traceUnseen
	}
	b, id := &t[key%traceBuckets], key&^3|4
	for i := range b {
		if w := b[i].Load(); w&^3 == id {
			return traceKind(w & 3)
		}
	}
	return traceUnseen
}

// seeds keep strangers from choosing ids that share a bucket.
type seeds [3]uint64

func newSeeds() seeds { return seeds{rand.Uint64(), rand.Uint64(), rand.Uint64()} }

func (s *seeds) span(sc *trace.SpanContext) uint64 {
	tid, sid := sc.TraceID(), sc.SpanID()
	return mix(be(sid[:])^s[0], be(tid[8:])^mathbits.RotateLeft64(be(tid[:8]), 31)^s[1])
}

func (s *seeds) trace(id trace.TraceID) uint64 { return mix(be(id[8:])^s[1], be(id[:8])^s[2]) }

func mix(a, b uint64) uint64 {
	hi, lo := mathbits.Mul64(a, b)
	return hi ^ lo
}

func be(b []byte) uint64 {
	_ = b[7]
	return uint64(b[7]) | uint64(b[6])<<8 | uint64(b[5])<<16 | uint64(b[4])<<24 |
		uint64(b[3])<<32 | uint64(b[2])<<40 | uint64(b[1])<<48 | uint64(b[0])<<56
}
