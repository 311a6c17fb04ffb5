package connection

import (
	"context"
	"fmt"
	"sync"

	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// flushes runs the flushes of a connection one after the other. A flush of the batcher that
// is canceled leaves its marker in the queue for good, so none is ever canceled: a caller
// whose context ends returns, and the flush goes on.
type flushes struct {
	mu      sync.Mutex
	running bool
	next    *flush
}

type flush struct{ done chan struct{} }

// join returns the first flush that starts after now.
func (f *flushes) join(do func()) *flush {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == nil {
		f.next = &flush{done: make(chan struct{})}
	}
	next := f.next
	if !f.running {
		f.running = true
		go f.run(do)
	}
	return next
}

func (f *flushes) run(do func()) {
	for {
		f.mu.Lock()
		now := f.next
		f.next = nil
		f.running = now != nil
		f.mu.Unlock()
		if now == nil {
			return
		}
		do()
		close(now.done)
	}
}

// ForceFlush exports what has ended before, unless ctx ends first.
func (c *Connection) ForceFlush(ctx context.Context) error {
	if c.waiting.Load() {
		return c.flushWaiting()
	}
	if ctx.Err() == nil {
		f := c.flushes.join(c.flush)
		select {
		case <-f.done:
			return c.barredError()
		case <-ctx.Done():
		}
	}
	if err := c.barredError(); err != nil {
		return err
	}
	waiting := c.pending()
	if waiting == 0 {
		return nil // the flush has nothing left to do but to say so
	}
	return c.errorf("%s still waiting to be exported: %w", ledger.Spans(waiting, "is", "are"), ctx.Err())
}

// barredError says how many spans wait because the destination takes nothing from us; nil if it
// does.
func (c *Connection) barredError() error {
	err := c.barred()
	if err == nil {
		return nil
	}
	return c.errorf("%s waiting: %w", ledger.Spans(c.pending()+uint64(c.Spool().Pending), "is", "are"), err)
}

// flush is one flush. Traces that wait for room come in as the batcher makes some.
func (c *Connection) flush() {
	before := c.backlog.passed()
	for waits := true; waits; {
		waits = c.backlog.mustPass(before) && !c.queue.isClosed()
		c.queue.flush()
	}
	if x := c.running.Load(); x != nil && x.queue == nil {
		<-x.done // exported for a caller of End who has returned
	}
	if c.spool != nil {
		c.spool.flush()
	}
}

// errorf returns an error that names the connection.
func (c *Connection) errorf(format string, args ...any) error {
	return fmt.Errorf("connection %q: "+format, append([]any{c.cfg.Name}, args...)...)
}
