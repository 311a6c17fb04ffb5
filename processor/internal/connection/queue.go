package connection

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// queue is a bounded queue before a batcher, with a line of those who wait for room in it.
type queue struct {
	gate
	lines   [2]line // of ordinary and of urgent spans
	mu      sync.Mutex
	batcher sdktrace.SpanProcessor
	stage   stage // before the batcher
}

// line has those who wait for room, in the order of their arrival. It is guarded by the
// queue's mu.
type line struct {
	waiting atomic.Int32
	places  list.List // of *place
}

// place is where a caller stands in a line. Only the head of a line gets a credit: it is handed
// over by whoever gives credits back.
type place struct {
	spans  int
	left   func(spans int) // see Whole; nil for single spans
	size   int64
	result chan admission
}

// newQueue returns a queue that hands batches to e.
func newQueue(cfg *Config, spans int, e sdktrace.SpanExporter) *queue {
	q := &queue{gate: newGate(spans, cfg.BufferBytes, cfg.Overflow == OverflowDrop)}
	n, size := bundles(cfg.BatchSize)
	q.stage.size = size
	// All four are passed: the environment would set them for every connection otherwise. There is room for
	// all spans that have a credit, a bundle that isn't full, a span behind one that is gone, and the marker
	// of a flush.
	q.batcher = sdktrace.NewBatchSpanProcessor(e,
		sdktrace.WithMaxQueueSize(q.stage.items(spans)+3),
		sdktrace.WithMaxExportBatchSize(q.stage.items(n*size)),
		sdktrace.WithBatchTimeout(cfg.Schedule),
		sdktrace.WithExportTimeout(0))
	q.stage.next = q.batcher
	return q
}

// put takes spans that have their credits.
func (q *queue) put(spans ...sdktrace.ReadOnlySpan) {
	for _, s := range spans {
		q.stage.put(s)
	}
}

// flush exports everything that was put before.
func (q *queue) flush() {
	_ = q.batcher.ForceFlush(context.Background())
}

// end stops the batcher. All credits are back: a span that came later would be lost.
func (q *queue) end() {
	_ = q.batcher.Shutdown(context.Background())
}

func index(urgent bool) int {
	if urgent {
		return 1
	}
	return 0
}

// enter asks for credits without waiting. It doesn't overtake those who wait.
func (q *queue) enter(urgent bool, spans int, size int64) admission {
	if q.lines[index(urgent)].waiting.Load() > 0 {
		return gateFull
	}
	return q.take(urgent, spans, size)
}

// await asks for credits and waits for them until timeout.
func (q *queue) await(urgent bool, spans int, size int64, left func(int), timeout <-chan time.Time) admission {
	p := &place{spans, left, size, make(chan admission, 1)}
	l := &q.lines[index(urgent)]
	q.mu.Lock()
	at := l.places.PushBack(p)
	l.waiting.Add(1) // before serve: credits that are given back from now on are seen by one of both
	q.serve()
	q.mu.Unlock()
	select {
	case a := <-p.result:
		return a
	case <-timeout:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case a := <-p.result:
		return a
	default:
		l.places.Remove(at)
		l.waiting.Add(-1)
		return gateFull
	}
}

// serve gives those at the heads of the lines what they wait for. The caller holds mu.
func (q *queue) serve() {
	for _, urgent := range []bool{true, false} {
		l := &q.lines[index(urgent)]
		for at := l.places.Front(); at != nil; at = l.places.Front() {
			p, _ := at.Value.(*place)
			a := q.takeFor(p, urgent)
			if a == gateFull {
				break
			}
			l.places.Remove(at)
			l.waiting.Add(-1)
			p.result <- a
		}
	}
}

// takeFor takes credits for p. Its spans have left the hold before they have come in here, so that
// nobody counts them twice.
func (q *queue) takeFor(p *place, urgent bool) admission {
	if p.left == nil {
		return q.take(urgent, p.spans, p.size)
	}
	p.left(p.spans)
	a := q.take(urgent, p.spans, p.size)
	if a != admitted {
		p.left(-p.spans)
	}
	return a
}

// leave gives n credits back.
func (q *queue) leave(n int, size int64) {
	q.give(n, size)
	if q.lines[0].waiting.Load()+q.lines[1].waiting.Load() > 0 {
		q.mu.Lock()
		q.serve()
		q.mu.Unlock()
	}
}

// shut closes the gate, also for those who wait.
func (q *queue) shut() {
	q.close()
	q.mu.Lock()
	q.serve()
	q.mu.Unlock()
}
