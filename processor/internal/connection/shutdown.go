package connection

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// Shutdown closes the gate, exports what is there until ctx ends, and shuts the exporter
// down. The first call does it; the others wait for it.
func (c *Connection) Shutdown(ctx context.Context) error {
	if !c.stopping.Swap(true) {
		c.stopErr = c.shutdown(ctx)
		c.ledger.Leave(c)
		close(c.stopped)
	}
	<-c.stopped
	return c.stopErr
}

func (c *Connection) shutdown(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		var done func()
		ctx, done = c.cancelIfStuck(ctx)
		defer done()
	}
	defer c.spoolAtHalf(ctx)()
	before := c.ledger.Totals()
	c.gate.close()
	c.progress.notify()
	if c.pending() == 0 && !c.Opened() {
		c.cancel(errRefused) // it waits for another connection, with nothing to export
	}
	// A caller who found the queue full before the gate was closed may have used the spool since.
	for ended := false; !ended; ended = c.closeSpoolQueue() {
		if !c.drain(ctx.Done()) {
			return c.cutOff(ctx, before)
		}
	}
	c.progress.notify() // those who wait for the spool
	select {
	case c.exporter.token <- struct{}{}: // for good
	case <-ctx.Done():
		return c.cutOff(ctx, before)
	}
	c.cancel(errRefused) // those who wait to export a span themselves
	c.endBatcher()       //nolint:contextcheck // nothing is left to wait for, and a batcher that is interrupted goes on
	var lost error
	if after := c.ledger.Totals(); after.LostSince(before) > 0 {
		lost = c.errorf("%s not exported: %w", ledger.Spans(after.LostSince(before), "was", "were"), lastError(after))
	}
	return errors.Join(lost, c.awaitClose(ctx, c.closeExporter(ctx)))
}

// spoolAtHalf ends the attempts of an exporter with a spool when half of the time is over: what
// a destination that hangs hasn't taken by then goes to disk, which needs some time, too.
func (c *Connection) spoolAtHalf(ctx context.Context) (stop func() bool) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return func() bool { return false }
	}
	return time.AfterFunc(time.Until(deadline)/2, func() {
		if e := c.exporter.load(); e != nil && e.spool.CanSpool() {
			c.stopSending(errSpoolInstead)
		}
	}).Stop
}

// cutOff ends a connection whose time is up. From here on exports are refused, so that what
// the error says stays true.
func (c *Connection) cutOff(ctx context.Context, before *ledger.Totals) error {
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
	c.ledger.Update(func(*ledger.Totals) { c.frozen = true })
	t := c.ledger.Totals()
	err := c.errorf("%s waiting at the deadline, and in all %d did not make it: %w",
		ledger.Spans(waiting, "was", "were"), t.LostSince(before)+c.pending(), context.Cause(ctx))
	if t.Delivery.Bad() {
		err = fmt.Errorf("%w; the last export: %w", err, t.Delivery.Err)
	}
	c.exporter.late.Store(true)
	select {
	case c.exporter.token <- struct{}{}:
		return errors.Join(err, c.awaitClose(ctx, c.closeExporter(ctx)))
	default:
		return err // the exporter is shut down when its last export returns
	}
}

// drain flushes until all credits are back; false if done was closed first.
func (c *Connection) drain(done <-chan struct{}) bool {
	for {
		f := c.flushes.join(c.flush)
		select {
		case <-f.done:
		case <-done:
			return false
		}
		moved := c.progress.listen()
		if c.pending() == 0 {
			c.progress.ignore()
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
		c.progress.ignore()
	}
}

// endBatcher stops the batcher. All credits are back: a span that came later would be lost.
func (c *Connection) endBatcher() { _ = c.batcher.Shutdown(context.Background()) }
