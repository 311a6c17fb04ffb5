package safelog

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tracehook/tracehook/internal/safecall"
)

// mostLines is how many lines wait for a handler. What comes later is lost, and counted.
const mostLines = 1024

// Queue writes lines on a goroutine of its own, in their order. Whoever logs waits for
// nothing. The goroutine exists only while there is something to write.
type Queue struct {
	logger *slog.Logger

	mu    sync.Mutex
	lines []line
	lost  uint64
	idle  chan struct{} // closed when all lines are written; nil if they are
}

type line struct {
	handler slog.Handler
	ctx     context.Context
	record  slog.Record
}

// NewQueue returns a queue before l.
func NewQueue(l *slog.Logger) *Queue {
	q := new(Queue)
	q.logger = slog.New(queued{q, Guard(l).Handler()})
	return q
}

// Logger returns the logger whose lines are queued.
func (q *Queue) Logger() *slog.Logger { return q.logger }

// patience is how long Wait waits at most.
const patience = 5 * time.Second

// Wait waits until what has been logged before is written: until ctx is done, 5 seconds at
// most, and a moment longer.
func (q *Queue) Wait(ctx context.Context) {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	if idle == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	safecall.Await(ctx, idle)
}

func (q *Queue) add(l line) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.lines) >= mostLines {
		q.lost++
		return
	}
	q.lines = append(q.lines, l)
	if q.idle == nil {
		q.idle = make(chan struct{})
		go q.write()
	}
}

func (q *Queue) write() {
	done := false
	defer func() {
		if !done { // the handler has ended the goroutine
			go q.write()
		}
	}()
	for l, ok := q.next(); ok; l, ok = q.next() {
		l.write()
	}
	done = true
}

// next returns the line to write. With none, the goroutine is over.
func (q *Queue) next() (l line, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.lines) == 0 {
		close(q.idle)
		q.idle, q.lines = nil, nil
		return line{}, false
	}
	l = q.lines[0]
	q.lines[0] = line{}
	q.lines = q.lines[1:]
	if len(q.lines) == 0 && q.lost > 0 {
		r := slog.NewRecord(time.Now(), slog.LevelWarn, "log lines were lost: the log handler is slower than they come", 0)
		r.AddAttrs(slog.Uint64("lines", q.lost))
		q.lines, q.lost = append(q.lines, line{l.handler, context.Background(), r}), 0
	}
	return l, true
}

func (l line) write() {
	if l.handler.Enabled(l.ctx, l.record.Level) {
		_ = l.handler.Handle(l.ctx, l.record) // nobody is left to tell
	}
}

// queued is the handler that puts lines into the queue.
type queued struct {
	q    *Queue
	next slog.Handler
}

// Enabled leaves the question to the goroutine that writes: it is foreign code, too.
func (queued) Enabled(context.Context, slog.Level) bool { return true }

func (h queued) Handle(ctx context.Context, r slog.Record) error {
	h.q.add(line{h.next, ctx, r.Clone()})
	return nil
}

func (h queued) WithAttrs(attrs []slog.Attr) slog.Handler {
	return queued{h.q, h.next.WithAttrs(attrs)}
}
func (h queued) WithGroup(name string) slog.Handler { return queued{h.q, h.next.WithGroup(name)} }
