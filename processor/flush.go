package processor

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// rounds runs the flushes of a connection one after the other. A flush of the batcher that
// is canceled leaves its marker in the queue for good, so none is ever canceled: who has no
// time leaves, and the round goes on.
type rounds struct {
	mu      sync.Mutex
	running bool
	next    *round
	told    settled // what earlier rounds have told; touched by the running round only
}

type round struct {
	done chan struct{}
	err  error
}

// join returns the first round that starts after now.
func (r *rounds) join(flush func() error) *round {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == nil {
		r.next = &round{done: make(chan struct{})}
	}
	next := r.next
	if !r.running {
		r.running = true
		go r.run(flush)
	}
	return next
}

func (r *rounds) run(flush func() error) {
	for {
		r.mu.Lock()
		now := r.next
		r.next = nil
		r.running = now != nil
		r.mu.Unlock()
		if now == nil {
			return
		}
		now.err = flush()
		close(now.done)
	}
}

// forceFlush exports what has ended before, unless ctx ends first.
func (c *conn) forceFlush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return c.stillWaiting(err)
	}
	r := c.rounds.join(c.flush)
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return c.stillWaiting(ctx.Err())
	}
}

func (c *conn) stillWaiting(err error) error {
	return fmt.Errorf("connection %q: %s still waiting to be exported: %w", c.cfg.Name, spans(c.pending(), "is", "are"), err)
}

// flush is one round. It tells every failure since the round before: a batch that was full
// has been exported, or not, before anybody could ask.
func (c *conn) flush() error {
	before := &c.rounds.told
	err := c.batcher.ForceFlush(context.Background())
	if k := c.running.Load(); k != nil && !k.credits {
		<-k.done // exported by a caller who has left
	}
	c.spill.flush(c)
	after := c.acct.settled.Load()
	defer func() { c.rounds.told = *after }()
	if n := after.failed.spans - before.failed.spans; n > 0 {
		err = errors.Join(err, fmt.Errorf("connection %q: %s not exported: %w",
			c.cfg.Name, spans(n, "was", "were"), lastError(after)))
	}
	if n := after.untaken.spans - before.untaken.spans; n > 0 {
		err = errors.Join(err, fmt.Errorf("connection %q: %s dropped because the spool refused them: %w",
			c.cfg.Name, spans(n, "was", "were"), lastError(after)))
	}
	if n := after.abandoned.spans; n > 0 {
		err = errors.Join(err, fmt.Errorf("connection %q: %s in an export that has not returned within %s",
			c.cfg.Name, spans(n, "is", "are"), c.cfg.ExportTimeout))
	}
	return err
}

func lastError(s *settled) error {
	if s.outcome.err == nil {
		return errRefused
	}
	return s.outcome.err
}

// spans returns "1 span is" or "5 spans are".
func spans(n uint64, one, many string) string {
	if n == 1 {
		return "1 span " + one
	}
	return fmt.Sprintf("%d spans %s", n, many)
}
