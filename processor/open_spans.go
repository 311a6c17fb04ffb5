package processor

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// openSpans counts the spans that have started and not ended, and finds an old one among them.
// The zero value is ready to use.
type openSpans struct {
	stripes [8]struct { // by span id, so that cores don't contend for one counter
		n atomic.Int64
		_ [56]byte
	}
	// watched has some open spans: each one that found its slot empty when it started. A span
	// that stays open keeps its slot.
	watched [256]struct{ id, since atomic.Uint64 } // since is in Unix milliseconds
}

// start counts a span, which says itself when it started: that costs less than a look at the clock.
func (o *openSpans) start(id trace.SpanID, s sdktrace.ReadOnlySpan) {
	n := binary.BigEndian.Uint64(id[:])
	o.stripes[n%8].n.Add(1)
	slot := &o.watched[n>>3%256]
	if slot.id.Load() == 0 && slot.id.CompareAndSwap(0, n) {
		slot.since.Store(uint64(max(s.StartTime().UnixMilli(), 1)))
	}
}

// end counts a span that was started.
func (o *openSpans) end(id trace.SpanID) {
	n := binary.BigEndian.Uint64(id[:])
	o.stripes[n%8].n.Add(-1)
	if slot := &o.watched[n>>3%256]; slot.id.Load() == n {
		slot.since.Store(0)
		slot.id.Store(0)
	}
}

// load returns how many are open, and for how long the oldest of those that are watched is: at most
// since made, for a span may have been begun with any time.
func (o *openSpans) load(now, made time.Time) (n int64, oldest time.Duration) {
	for i := range o.stripes {
		n += o.stripes[i].n.Load()
	}
	for i := range o.watched {
		if since := o.watched[i].since.Load(); since != 0 {
			oldest = max(oldest, now.Sub(time.UnixMilli(int64(since))))
		}
	}
	return max(n, 0), min(oldest, now.Sub(made))
}
