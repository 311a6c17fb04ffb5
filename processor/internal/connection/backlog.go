package connection

import (
	"slices"
	"sync"
	"sync/atomic"
)

// backlog is the traces that wait for room in the queue, in their order. A goroutine lets them in,
// and ends with the last one.
type backlog struct {
	mu      sync.Mutex
	waiting []*Whole
	bytes   int64
	late    int64 // of count, those that follow a trace
	running bool
	count   atomic.Int64 // of spans that wait or are on their way into the queue; changed under mu
	gone    atomic.Uint64
	moved   notifier
}

// isWaiting reports whether anything waits.
func (b *backlog) isWaiting() bool { return b.count.Load() > 0 }

// push lets w wait, if there is room for it. There always is for one trace; a single span that
// follows its trace doesn't compete with those.
func (b *backlog) push(c *Connection, w *Whole) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	spans, most := int64(len(w.spans)), int64(c.cfg.QueueSize)
	switch others := b.count.Load() - b.late; {
	case w.follows && b.late >= most,
		!w.follows && others > 0 && (others+spans > most || b.bytes+w.bytes > c.cfg.BufferBytes):
		return false
	case w.follows:
		b.late += spans
	}
	waiting := *w
	waiting.spans = slices.Clone(w.spans)
	b.waiting = append(b.waiting, &waiting)
	b.bytes += w.bytes
	b.count.Add(spans)
	if !b.running {
		b.running = true
		go b.run(c)
	}
	return true
}

func (b *backlog) run(c *Connection) {
	for {
		b.mu.Lock()
		if len(b.waiting) == 0 {
			b.running = false
			b.waiting = nil
			b.mu.Unlock()
			return
		}
		w := b.waiting[0]
		b.waiting[0], b.waiting = nil, b.waiting[1:]
		b.mu.Unlock()
		spans, bytes, follows := int64(len(w.spans)), w.bytes, w.follows
		c.letIn(w)
		b.mu.Lock()
		if follows {
			b.late -= spans
		}
		b.bytes -= bytes
		b.gone.Add(uint64(spans))
		b.count.Add(-spans)
		b.mu.Unlock()
		b.moved.notify()
	}
}

// letIn waits for room for w, as long as it takes, and puts it into the queue: whole, unless it is
// larger than the queue. With [OverflowSpool] it goes to the spool instead.
func (c *Connection) letIn(w *Whole) {
	q, most := c.queue, int(c.queue.capacity)
	if !w.urgent {
		most = int(c.queue.ordinary)
	}
	if c.cfg.Overflow == OverflowSpool {
		q, most = c.spool, int(c.spool.capacity)
	}
	for len(w.spans) > 0 {
		n := min(len(w.spans), most)
		bytes := w.bytes
		if n < len(w.spans) {
			bytes = sizeOf(w.spans[:n])
		}
		if q.await(w.urgent, n, bytes, w.left, nil) != admitted {
			c.forwardWhole(w)
			return
		}
		q.put(w.spans[:n]...)
		w.spans = w.spans[n:]
		w.bytes -= bytes
	}
}

// passed returns how many spans will have gone on when those that wait now have.
func (b *backlog) passed() uint64 { return b.gone.Load() + uint64(max(b.count.Load(), 0)) }

// mustPass reports whether fewer have.
func (b *backlog) mustPass(spans uint64) bool { return b.isWaiting() && b.gone.Load() < spans }
