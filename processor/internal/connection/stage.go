package connection

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// stageSize is how many spans a stage has room for, stageTurn how many of them go on together.
	stageSize = 512
	stageTurn = 64
	// turnsPerBatch is how many turns a batch has at least. Spans of batches below smallBatch go on at once.
	turnsPerBatch = 8
	smallBatch    = 128
	// mostStaged is how long a span waits on a stage at most, and schedulePart which part of the time
	// that it may wait for its batch.
	mostStaged   = 20 * time.Millisecond
	schedulePart = 10
)

// stage gathers the spans on their way into a batcher, so that the batcher's goroutine is woken once for
// some of them. Waking it for each span, which a batcher does that keeps up, costs more than all else
// that is done for the span. A span leaves its stage when its turn is complete, with a flush, or after
// mostStaged. Spans of one goroutine keep their order as long as the stage isn't full.
//
// It is Dmitry Vyukov's bounded queue for many producers, with a lock for those who empty it
// (https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue).
type stage struct {
	next  sdktrace.SpanProcessor
	turn  uint64 // 1 where spans go on at once
	limit time.Duration
	timer *time.Timer

	_     [24]byte
	tail  atomic.Uint64 // spans that have come
	_     [56]byte
	mu    sync.Mutex // of those who empty it
	head  atomic.Uint64
	cells [stageSize]stageCell
}

// stageCell is a place for a span. turn is the number of the span that it is free for, or, while it holds
// one, that number and 1.
type stageCell struct {
	turn atomic.Uint64
	span *queued
}

// newStage returns a stage before next, whose batches have that size and wait that long.
func newStage(next sdktrace.SpanProcessor, batch int, schedule time.Duration) *stage {
	g := &stage{next: next, turn: 1, limit: min(schedule/schedulePart, mostStaged)}
	if batch >= smallBatch {
		g.turn = uint64(min(batch/turnsPerBatch, stageTurn))
	}
	for i := range g.cells {
		g.cells[i].turn.Store(uint64(i))
	}
	g.timer = time.AfterFunc(MaxDuration, g.pour)
	g.timer.Stop()
	return g
}

// put hands a span on, now or soon. It doesn't wait.
func (g *stage) put(s sdktrace.ReadOnlySpan) {
	q, ok := s.(*queued)
	if !ok || g.turn == 1 {
		g.next.OnEnd(s)
		return
	}
	for {
		n := g.tail.Load()
		cell := &g.cells[n%stageSize]
		switch turn := cell.turn.Load(); {
		case turn == n && g.tail.CompareAndSwap(n, n+1):
			cell.span = q
			cell.turn.Store(n + 1)
			switch {
			case (n+1)%g.turn == 0:
				g.pour()
			case g.head.Load() == n: // the first; otherwise somebody else has set the timer, or will
				g.timer.Reset(g.limit)
			}
			return
		case turn < n: // full: somebody is about to put a span, or to empty it
			g.next.OnEnd(s)
			return
		}
	}
}

// pour hands on what is there, up to a span that somebody is about to put. For that one, and for what is
// behind it, it comes again: either pour sees that the span has a place, or put sees that it is the first.
func (g *stage) pour() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n := g.head.Load(); ; n++ {
		cell := &g.cells[n%stageSize]
		if cell.turn.Load() != n+1 {
			if g.head.Store(n); g.tail.Load() != n {
				g.timer.Reset(g.limit)
			}
			return
		}
		s := cell.span
		cell.span = nil
		cell.turn.Store(n + stageSize)
		g.next.OnEnd(s)
	}
}

// flush hands on everything that was put before.
func (g *stage) flush() {
	for last := g.tail.Load(); ; runtime.Gosched() {
		g.pour()
		if g.head.Load() >= last {
			return
		}
	}
}
