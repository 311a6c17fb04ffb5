package processor

import (
	"encoding/binary"
	"log/slog"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"
)

// twice notices that a Fanout is registered with one provider more than once, and tells the further
// calls for a span from the first one: otherwise each span would be exported twice.
//
// A provider calls OnStart of all its processors in turn. So the same span twice in a row is the
// sign; it may be missed while other goroutines start spans, but not for long.
type twice struct {
	checks atomic.Uint32
	last   atomic.Uint64 // the span that was started last
	found  atomic.Bool

	mu   sync.Mutex
	seen map[[24]byte]bool // spans that have ended lately
	ring [1024][24]byte    // the same, in the order of their ends
	next int
}

// firstChecks is how many spans are looked at in any case. Of later ones it is each 64th: the
// start of a span should cost nothing.
const firstChecks = 256

// started reports whether s is the first sign.
func (t *twice) started(sc *trace.SpanContext) (first bool) {
	id := sc.SpanID()
	if t.checks.Load() < firstChecks {
		t.checks.Add(1)
	} else if id[7]%64 != 0 {
		return false
	}
	n := binary.BigEndian.Uint64(id[:])
	return t.last.Swap(n) == n && !t.found.Swap(true)
}

// isRepeated reports whether a call of OnEnd isn't the first one for its span.
func (t *twice) isRepeated(sc *trace.SpanContext) bool {
	if !t.found.Load() {
		return false
	}
	var key [24]byte
	tid, sid := sc.TraceID(), sc.SpanID()
	copy(key[:], tid[:])
	copy(key[16:], sid[:])
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen[key] {
		return true
	}
	if t.seen == nil {
		t.seen = make(map[[24]byte]bool, len(t.ring))
	}
	delete(t.seen, t.ring[t.next])
	t.seen[key], t.ring[t.next] = true, key
	t.next = (t.next + 1) % len(t.ring)
	return false
}

// registeredTwice says so, once.
func (r *reporter) registeredTwice() {
	r.log(slog.LevelError, "this span processor is registered twice with the same tracer provider; what it gets a second time is ignored: "+
		"a provider that a Bridge has made has its processor already")
}
