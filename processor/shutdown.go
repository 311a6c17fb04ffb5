package processor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tracehook/tracehook/internal/safecall"
)

// shutdown lets nobody in, exports what is there until ctx ends, and shuts the exporter
// down. The first call does it; the others wait for it.
func (c *conn) shutdown(ctx context.Context) error {
	first := false
	c.stop.Do(func() { first = true })
	if first {
		c.stopErr = c.shut(ctx)
		c.acct.leave(c)
		close(c.stopped)
		return c.stopErr
	}
	<-c.stopped // its own ctx bounds it
	return c.stopErr
}

func (c *conn) shut(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		var done func()
		ctx, done = c.watch(ctx)
		defer done()
	}
	defer c.spoolFrom(ctx)()
	before := c.acct.settled.Load()
	c.gate.close()
	c.moved.broadcast()
	if c.pending() == 0 && c.exporter.Load() == nil {
		c.cancel(errRefused) // it waits for another connection, with nothing to export
	}
	// Who found the queue full before the gate was closed may have put a span aside since.
	for ended := false; !ended; ended = c.endSpill() {
		if !c.drain(ctx.Done()) {
			return c.cutOff(ctx, before)
		}
	}
	c.moved.broadcast() // who waits to put one aside
	if !c.seize(ctx.Done()) {
		return c.cutOff(ctx, before)
	}
	c.cancel(errRefused) // callers who wait to export a span themselves
	c.endBatcher()       //nolint:contextcheck // nothing is left to wait for, and a batcher that is interrupted goes on
	var lost error
	if n := c.lostSince(before); n > 0 {
		lost = fmt.Errorf("connection %q: %s not exported: %w",
			c.cfg.Name, spans(n, "was", "were"), lastError(c.acct.settled.Load()))
	}
	return errors.Join(lost, c.closeWithin(ctx, c.closeExporter(ctx)))
}

// spoolFrom ends the attempts of an exporter with a spool when half of the time is over: what a
// destination that hangs hasn't taken by then goes to disk, which needs some time, too.
func (c *conn) spoolFrom(ctx context.Context) (stop func() bool) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return func() bool { return false }
	}
	return time.AfterFunc(time.Until(deadline)/2, func() {
		if e := c.exporter.Load(); e != nil && e.spool.CanSpool() {
			c.stopSending(errSpoolInstead)
		}
	}).Stop
}

// cutOff ends a connection whose time is up. From here on exports are refused, so that what
// the error says stays true.
func (c *conn) cutOff(ctx context.Context, before *settled) error {
	waiting := c.pending()
	c.cancel(errCut)
	gone := make(chan struct{})
	//nolint:contextcheck // the time of ctx is up
	go func() { // outlives this only for callers between their credit and their queue
		c.drain(nil)
		c.endBatcher()
		close(gone)
	}()
	grace := time.NewTimer(3 * safecall.Grace)
	defer grace.Stop()
	select {
	case <-gone:
	case <-grace.C:
	}
	c.acct.settle(func(*settled) { c.frozen = true })
	err := fmt.Errorf("connection %q: %s waiting at the deadline, and in all %d did not make it: %w",
		c.cfg.Name, spans(waiting, "was", "were"), c.lostSince(before)+c.pending(), context.Cause(ctx))
	if o := &c.acct.settled.Load().outcome; o.bad() {
		err = fmt.Errorf("%w; the last export: %w", err, o.err)
	}
	c.lateClose.Store(true)
	select {
	case c.token <- struct{}{}:
		return errors.Join(err, c.closeWithin(ctx, c.closeExporter(ctx)))
	default:
		return err // the exporter is shut down when its last export returns
	}
}

// lostSince returns how many accepted spans were neither delivered nor spooled since.
func (c *conn) lostSince(before *settled) uint64 {
	now := c.acct.settled.Load()
	return now.failed.spans - before.failed.spans + now.untaken.spans - before.untaken.spans + now.abandoned.spans
}

// drain flushes until all credits are back; false if done was closed first.
func (c *conn) drain(done <-chan struct{}) bool {
	for {
		r := c.rounds.join(c.flush)
		select {
		case <-r.done:
		case <-done:
			return false
		}
		moved := c.moved.listen()
		if c.pending() == 0 {
			c.moved.ignore()
			return true
		}
		// Somebody holds a credit and hasn't queued the span yet, or exports it himself.
		again := time.NewTimer(time.Millisecond)
		select {
		case <-moved:
		case <-again.C:
		case <-done:
		}
		again.Stop()
		c.moved.ignore()
	}
}

// seize takes the token for good.
func (c *conn) seize(done <-chan struct{}) bool {
	select {
	case c.token <- struct{}{}:
		return true
	case <-done:
		return false
	}
}

// endBatcher stops the batcher. All credits are back: a span that came later would be lost.
func (c *conn) endBatcher() { _ = c.batcher.Shutdown(context.Background()) }
