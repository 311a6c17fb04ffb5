package connection

import (
	"context"
	"errors"
	"time"

	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// Shutdown closes the gate, exports what is there until ctx ends, and shuts the exporter
// down. The first call does it; the others wait for it. ctx must have a deadline. An export that
// has not returned by then is booked when it does.
func (c *Connection) Shutdown(ctx context.Context) error {
	if !c.stopping.Swap(true) {
		close(c.closing)
		c.stopErr = c.shutdown(ctx)
		c.account.Leave()
		close(c.stopped)
	}
	<-c.stopped
	return c.stopErr
}

// Finish is Shutdown with final numbers: nothing that returns later changes them.
func (c *Connection) Finish(ctx context.Context) error {
	c.final.Store(true)
	err := c.Shutdown(ctx)
	c.Freeze()
	return err
}

// Freeze makes the numbers final. An export that still runs stays abandoned.
func (c *Connection) Freeze() {
	c.account.Update(func(*ledger.Totals) { c.frozen = true })
}

func (c *Connection) shutdown(ctx context.Context) error {
	defer c.spoolAtHalf(ctx)()
	c.empty(ctx.Done())
	c.queue.shut()
	if c.pending() == 0 && !c.opened() {
		c.cancel(errRefused) // it waits for another connection, with nothing to export
	}
	if !c.drain(ctx.Done()) {
		return c.cutOff(ctx)
	}
	if c.spool != nil { // a caller who found the queue full before it was shut may use the spool until now
		c.spool.shut()
		if !c.drain(ctx.Done()) {
			return c.cutOff(ctx)
		}
	}
	select {
	case c.slot.token <- struct{}{}: // for good
	case <-ctx.Done():
		return c.cutOff(ctx)
	}
	c.cancel(errRefused) // those who wait to export a span themselves
	c.endBatchers()      //nolint:contextcheck // nothing is left to wait for, and a batcher that is interrupted goes on
	return c.awaitClose(ctx, c.closeExporter(ctx))
}

// empty waits until no trace waits for room in the queue. Without a successor the rest would be
// lost; with one, it goes there.
func (c *Connection) empty(done <-chan struct{}) {
	if c.successor.Load() != nil {
		return
	}
	for c.backlog.isWaiting() {
		f := c.flushes.join(c.flush)
		select {
		case <-f.done:
		case <-done:
			return
		}
	}
}

// spoolAtHalf ends the attempts of an exporter with a spool when half of the time is over: what
// a destination that hangs hasn't taken by then goes to disk, which needs some time, too.
func (c *Connection) spoolAtHalf(ctx context.Context) (stop func() bool) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return func() bool { return false }
	}
	return time.AfterFunc(time.Until(deadline)/2, func() {
		if e := c.slot.load(); e != nil && e.spool.CanSpool() {
			c.stopSending(errSpoolInstead)
		}
	}).Stop
}

// cutOff ends a connection whose time is up. From here on exports are refused, so that its losses
// are final. The error doesn't tell them.
func (c *Connection) cutOff(ctx context.Context) error {
	waiting := c.pending()
	c.cancel(errCut)
	if c.spool != nil {
		c.spool.shut()
	}
	gone := make(chan struct{})
	//nolint:contextcheck // the time of ctx is up
	go func() { // outlives this only for callers between their credit and their queue
		c.drain(nil)
		c.endBatchers()
		close(gone)
	}()
	c.awaitRefused(gone)
	if c.final.Load() {
		c.Freeze()
	}
	err := c.errorf("%s waiting at the deadline: %w", ledger.Spans(waiting, "was", "were"), context.Cause(ctx)) // a LossError has the rest
	c.slot.late.Store(true)
	select {
	case c.slot.token <- struct{}{}:
		return errors.Join(err, c.awaitClose(ctx, c.closeExporter(ctx)))
	default:
		return err // the exporter is shut down when its last export returns
	}
}

// awaitRefused waits until everything that was queued is refused, and with that counted. It gives up
// when nothing has been refused for a moment.
func (c *Connection) awaitRefused(gone <-chan struct{}) {
	const moment = 10 * safecall.Grace
	grace := time.NewTimer(moment)
	defer grace.Stop()
	for left := c.pending(); ; {
		select {
		case <-gone:
			return
		case <-grace.C:
		}
		now := c.pending()
		if now >= left {
			return
		}
		left = now
		grace.Reset(moment)
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

// endBatchers stops the batchers.
func (c *Connection) endBatchers() {
	c.queue.end()
	if c.spool != nil {
		c.spool.end()
	}
}
