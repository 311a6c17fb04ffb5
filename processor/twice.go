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
	checks       atomic.Uint32
	last         atomic.Uint64 // the span that was started last
	found        atomic.Bool
	starts, ends recent // once it was found
}

// recent are the spans that were seen lately. A goroutine may be preempted between the two calls for a
// span, while others end many.
type recent struct {
	mu   sync.Mutex
	seen map[[24]byte]bool
	ring [][24]byte // the same, in order; made when it is needed, which is hardly ever
	next int
}

// firstChecks is how many spans are looked at in any case. Of later ones it is each 64th: the
// start of a span should cost nothing.
const firstChecks = 256

// started reports whether the span of sc has been started before, as far as that is noticed, and
// whether it is the first one.
func (t *twice) started(sc *trace.SpanContext) (again, first bool) {
	id := sc.SpanID()
	if t.checks.Load() < firstChecks {
		t.checks.Add(1)
	} else if id[7]%64 != 0 && !t.found.Load() {
		return false, false
	}
	if t.found.Load() {
		return t.starts.add(sc), false
	}
	n := binary.BigEndian.Uint64(id[:])
	if again = t.last.Swap(n) == n; again {
		t.starts.add(sc)
	}
	return again, again && !t.found.Swap(true)
}

// isRepeated reports whether a call of OnEnd isn't the first one for its span.
func (t *twice) isRepeated(sc *trace.SpanContext) bool { return t.found.Load() && t.ends.add(sc) }

// add reports whether r has the span, and adds it.
func (r *recent) add(sc *trace.SpanContext) bool {
	var key [24]byte
	tid, sid := sc.TraceID(), sc.SpanID()
	copy(key[:], tid[:])
	copy(key[16:], sid[:])
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[key] {
		return true
	}
	if r.seen == nil {
		r.ring = make([][24]byte, 1<<16)
		r.seen = make(map[[24]byte]bool)
	}
	delete(r.seen, r.ring[r.next])
	r.seen[key], r.ring[r.next] = true, key
	r.next = (r.next + 1) % len(r.ring)
	return false
}

// registeredTwice says so, once.
func (r *reporter) registeredTwice() {
	r.log(slog.LevelError, "this span processor is registered twice with the same tracer provider; what it gets a second time is ignored: "+
		"a provider that a Bridge has made has its processor already")
}
