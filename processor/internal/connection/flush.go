package connection

import (
	"context"
	"errors"
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
	told    *ledger.Totals // what earlier flushes have told; touched by the running flush only
}

type flush struct {
	done chan struct{}
	err  error
}

// join returns the first flush that starts after now.
func (f *flushes) join(do func() error) *flush {
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

func (f *flushes) run(do func() error) {
	for {
		f.mu.Lock()
		now := f.next
		f.next = nil
		f.running = now != nil
		f.mu.Unlock()
		if now == nil {
			return
		}
		now.err = do()
		close(now.done)
	}
}

// ForceFlush exports what has ended before, unless ctx ends first. The error tells what
// was lost since the flush before.
func (c *Connection) ForceFlush(ctx context.Context) error {
	if ctx.Err() == nil {
		f := c.flushes.join(c.flush)
		select {
		case <-f.done:
			return f.err
		case <-ctx.Done():
		}
	}
	return c.errorf("%s still waiting to be exported: %w", ledger.Spans(c.pending(), "is", "are"), ctx.Err())
}

// flush is one flush. It tells every failure since the one before: a batch that was full
// has been exported, or not, before anybody could ask.
func (c *Connection) flush() error {
	before := c.flushes.told
	err := c.batcher.ForceFlush(context.Background())
	if x := c.running.Load(); x != nil && !x.credited {
		<-x.done // exported for a caller of End who has returned
	}
	c.flushSpoolQueue()
	after := c.ledger.Totals()
	c.flushes.told = after
	if n := after.Failed.Spans - before.Failed.Spans; n > 0 {
		err = errors.Join(err, c.errorf("%s not exported: %w", ledger.Spans(n, "was", "were"), lastError(after)))
	}
	if n := after.Unspooled.Spans - before.Unspooled.Spans; n > 0 {
		err = errors.Join(err, c.errorf("%s dropped because the spool refused them: %w", ledger.Spans(n, "was", "were"), lastError(after)))
	}
	if n := after.Abandoned.Spans; n > 0 {
		err = errors.Join(err, c.errorf("%s in an export that has not returned within %s", ledger.Spans(n, "is", "are"), c.cfg.ExportTimeout))
	}
	return err
}

// errorf returns an error that names the connection.
func (c *Connection) errorf(format string, args ...any) error {
	return fmt.Errorf("connection %q: "+format, append([]any{c.cfg.Name}, args...)...)
}

func lastError(t *ledger.Totals) error {
	if t.Delivery.Err == nil {
		return errRefused
	}
	return t.Delivery.Err
}
