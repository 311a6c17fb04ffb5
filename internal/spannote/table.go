package spannote

import (
	"encoding/binary"
	mathbits "math/bits"
	"math/rand/v2"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"
)

const (
	buckets    = 1 << 13
	bucketSize = 8 // words: a cache line
)

// Table remembers about the last 65,536 spans, those that are open before those that have ended.
// It takes 512 KiB, from the first span on. Make it with [NewTable]; its methods may be called
// from any goroutine.
type Table struct {
	rows  atomic.Pointer[rows]
	seeds [2]uint64 // so that nobody can choose ids that share a bucket
}

type (
	bucket [bucketSize]atomic.Uint64
	rows   [buckets]bucket
)

// NewTable returns an empty table.
func NewTable() *Table { return &Table{seeds: [2]uint64{rand.Uint64(), rand.Uint64()}} }

// Put remembers n for the span of sc.
func (t *Table) Put(sc *trace.SpanContext, n Note) {
	r := t.rows.Load()
	if r == nil {
		t.rows.CompareAndSwap(nil, new(rows))
		r = t.rows.Load()
	}
	key := t.key(sc)
	b, word := &r[key%buckets], uint64(idOf(key)|n)
	for range 4 { // others may take the same slot at the same time
		if slot, old := b.vacant(key >> 60); slot.CompareAndSwap(old, word) {
			return
		}
	}
	b[key>>60%bucketSize].Store(word)
}

// vacant returns the best slot to be taken, and what it holds: an empty one, else one of a span
// that has ended, else any. Of those that are as good, it is the one at or after first.
func (b *bucket) vacant(first uint64) (slot *atomic.Uint64, old uint64) {
	first %= bucketSize
	slot, old = &b[first], b[first].Load()
	for i := range uint64(bucketSize) {
		at := &b[(first+i)%bucketSize]
		switch n := at.Load(); {
		case n == 0:
			return at, 0
		case Note(n)&endedBit != 0 && Note(old)&endedBit == 0:
			slot, old = at, n
		}
	}
	return slot, old
}

// Get returns what is remembered of the span of sc.
func (t *Table) Get(sc *trace.SpanContext) (Note, bool) {
	_, n := t.find(sc)
	return n, n != 0
}

// End is Get, and says that the span has ended: a later one may take its place.
func (t *Table) End(sc *trace.SpanContext) (Note, bool) {
	at, n := t.find(sc)
	if at != nil {
		at.CompareAndSwap(uint64(n), uint64(n|endedBit))
	}
	return n, n != 0
}

// find returns the slot of the span of sc, and what it holds; nil and 0 if there is none.
func (t *Table) find(sc *trace.SpanContext) (*atomic.Uint64, Note) {
	r := t.rows.Load()
	if r == nil {
		return nil, 0
	}
	key := t.key(sc)
	b, id := &r[key%buckets], idOf(key)
	for i := range b {
		if n := Note(b[i].Load()); n&idBits == id {
			return &b[i], n
		}
	}
	return nil, 0
}

// idOf never returns 0, which an empty slot holds.
func idOf(key uint64) Note { return Note(key)&idBits | 1<<63 }

func (t *Table) key(sc *trace.SpanContext) uint64 {
	tid, sid := sc.TraceID(), sc.SpanID()
	hi, lo := mathbits.Mul64(binary.BigEndian.Uint64(sid[:])^t.seeds[0], binary.BigEndian.Uint64(tid[8:])^mathbits.RotateLeft64(binary.BigEndian.Uint64(tid[:8]), 31)^t.seeds[1])
	return hi ^ lo
}
