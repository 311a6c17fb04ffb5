package connection

import (
	"runtime"
	"sync"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// mostBundled is how many spans come between two wakes of a batcher at most.
const mostBundled = 512

// stage gathers the spans on their way into a batcher. The batcher gets them in bundles, each of which is one
// span to it, so that it wakes twice for a batch of up to 512 and its queue is small. Waking it for each span,
// which a batcher does that keeps up, costs more than all else that is done for the span.
//
// A bundle comes to the batcher with its first span, and takes more of them until it is full or exported: no
// span waits here, and a flush of the batcher leaves nothing behind. The span behind a full bundle comes to
// the batcher as it is, so that a batch is exported as soon as it is complete. Spans of one goroutine keep
// their order.
type stage struct {
	next sdktrace.SpanProcessor
	size int // of a bundle with the span behind it; 1 if there are no bundles
	open atomic.Pointer[bundle]
	mu   sync.Mutex // guards the change of open
}

// bundles returns how a batch is made of bundles: so many of them, and the size that each has with the span
// behind it.
func bundles(batch int) (n, size int) {
	n = (batch + mostBundled - 1) / mostBundled
	return n, batch / n
}

// items returns how many items of the batcher so many spans are, if all bundles are full.
func (g *stage) items(spans int) int {
	if g.size == 1 {
		return spans
	}
	return 2 * spans / g.size
}

// put hands a span on.
func (g *stage) put(s sdktrace.ReadOnlySpan) {
	if g.size == 1 {
		g.next.OnEnd(s)
		return
	}
	if b := g.open.Load(); b != nil && b.add(s) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch b := g.open.Load(); {
	case b == nil:
	case b.add(s): // somebody has begun it meanwhile
		return
	case !b.isSealed():
		g.next.OnEnd(s)
		g.open.Store(nil)
		return
	}
	b := newBundle(g.size)
	b.add(s)
	g.next.OnEnd(b) // before others see it, so that whatever is in a bundle is in the batcher
	g.open.Store(b)
}

// bundle is some spans that are one item of a batcher. It is a span only because batchers take nothing else.
type bundle struct {
	sdktrace.ReadOnlySpan // nil

	room  int64                   // places for spans
	spans []sdktrace.ReadOnlySpan // with a place for the span behind; nil when the bundle is sealed
	taken atomic.Int64            // places that were asked for, and sealed
	ready atomic.Int64            // spans that are in their place
}

// sealed is added to the places of a bundle that takes no more spans. It is more than are ever asked for.
const sealed = 1 << 32

// newBundle returns a bundle that has that size with the span behind it.
func newBundle(size int) *bundle {
	return &bundle{room: int64(size - 1), spans: make([]sdktrace.ReadOnlySpan, size)}
}

// SpanContext says that the span is sampled, and nothing else.
func (*bundle) SpanContext() trace.SpanContext { return sampled }

// add reports whether there was a place for s.
func (b *bundle) add(s sdktrace.ReadOnlySpan) bool {
	at := b.taken.Add(1) - 1
	if at >= b.room {
		return false
	}
	b.spans[at] = s
	b.ready.Add(1)
	return true
}

func (b *bundle) isSealed() bool { return b.taken.Load() >= sealed }

// seal ends the bundle and returns its spans, which are the caller's from then on. It is called once, and waits
// for those who have a place and are about to use it.
func (b *bundle) seal() []sdktrace.ReadOnlySpan {
	n := min(b.taken.Add(sealed)-sealed, b.room)
	for b.ready.Load() < n {
		runtime.Gosched()
	}
	spans := b.spans[:n]
	b.spans = nil // the stage has the bundle until the next one begins
	return spans
}

// unbundled seals the bundles among a batcher's items and returns all spans, in a slice of its own.
func unbundled(items []sdktrace.ReadOnlySpan) (all []sdktrace.ReadOnlySpan) {
	if len(items) > 2 { // several bundles
		all = make([]sdktrace.ReadOnlySpan, 0, (len(items)+1)/2*mostBundled)
	}
	for _, s := range items {
		switch b, ok := s.(*bundle); {
		case !ok:
			all = append(all, s)
		case all == nil:
			all = b.seal() // which has a place for the span behind it
		default:
			all = append(all, b.seal()...)
		}
	}
	return all
}
