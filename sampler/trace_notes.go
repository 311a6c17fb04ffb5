package sampler

import (
	"encoding/binary"
	mathbits "math/bits"
	"math/rand/v2"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"
)

// traceKind is what is remembered of a trace.
type traceKind uint8

const (
	traceUnseen  traceKind = iota
	traceEntered           // a remote parent's decision was respected, on the head's own provider
	traceBegun             // it began at a sampler that was lent to another provider
	traceLent              // a remote parent's decision was respected, by such a sampler
	traceExport            // it began inside an export

	kindBits = 7
)

const (
	traceBuckets = 1 << 11
	bucketSize   = 8 // words: a cache line
)

// traceNotes remembers about the last 16,384 traces of those kinds. It serves where the note of
// a span is missing: below a span that was dropped, or whose note was pushed out. It takes 128
// KiB, from the first trace on.
type traceNotes struct {
	rows  atomic.Pointer[traceRows]
	seeds [2]uint64 // so that callers can't choose ids that share a bucket
}

type traceRows [traceBuckets][bucketSize]atomic.Uint64

func newTraceNotes() traceNotes { return traceNotes{seeds: [2]uint64{rand.Uint64(), rand.Uint64()}} }

// empty reports that no trace was ever noted.
func (t *traceNotes) empty() bool { return t.rows.Load() == nil }

func (t *traceNotes) put(id trace.TraceID, kind traceKind) {
	r := t.rows.Load()
	if r == nil {
		t.rows.CompareAndSwap(nil, new(traceRows))
		r = t.rows.Load()
	}
	key := t.key(id)
	b, mine := &r[key%traceBuckets], key&^kindBits|(kindBits+1)
	first, free := key>>60, -1
	for i := range uint64(bucketSize) {
		at := (first + i) % bucketSize
		switch old := b[at].Load(); {
		case old&^kindBits == mine:
			if traceKind(old&kindBits) < kind {
				b[at].Store(mine | uint64(kind))
			}
			return
		case old == 0 && free < 0:
			free = int(at)
		}
	}
	if free < 0 {
		free = int(first % bucketSize)
	}
	b[free].Store(mine | uint64(kind))
}

func (t *traceNotes) get(id trace.TraceID) traceKind {
	r := t.rows.Load()
	if r == nil {
		return traceUnseen
	}
	key := t.key(id)
	b, mine := &r[key%traceBuckets], key&^kindBits|(kindBits+1)
	for i := range b {
		if w := b[i].Load(); w&^kindBits == mine {
			return traceKind(w & kindBits)
		}
	}
	return traceUnseen
}

func (t *traceNotes) key(id trace.TraceID) uint64 {
	hi, lo := mathbits.Mul64(binary.BigEndian.Uint64(id[8:])^t.seeds[0], binary.BigEndian.Uint64(id[:8])^t.seeds[1])
	return hi ^ lo
}
