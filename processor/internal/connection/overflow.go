package connection

import (
	"fmt"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// Overflow says what happens to a span that finds its connection's queue full.
type Overflow uint8

const (
	// OverflowDrop drops the span and counts it as dropped.queue_full. It never waits.
	OverflowDrop Overflow = iota
	// OverflowBlock makes the caller of End wait for room, at most the block timeout, then
	// drops. After one such timeout nobody waits again until the connection moves.
	OverflowBlock
	// OverflowSync makes the caller of End export its span itself, waiting for the exporter
	// no longer than the block timeout; order is not kept. A timeout drops the span if the
	// exporter could not be had, and after one nobody waits again until the connection moves.
	OverflowSync
	// OverflowSpool hands the span to the exporter's SpoolSpans in the background. See
	// [report.Spooler].
	OverflowSpool
)

// String returns the name that [ParseOverflow] reads.
func (o Overflow) String() string {
	names := [...]string{"drop", "block", "sync", "spool"}
	if int(o) < len(names) {
		return names[o]
	}
	return fmt.Sprintf("overflow(%d)", uint8(o))
}

// ParseOverflow reads "drop", "block", "sync" or "spool", in any case.
func ParseOverflow(s string) (Overflow, error) {
	for o := OverflowDrop; o <= OverflowSpool; o++ {
		if strings.EqualFold(s, o.String()) {
			return o, nil
		}
	}
	return OverflowDrop, fmt.Errorf("overflow %q is unknown: use drop, block, sync or spool", s)
}

// Offer takes a span that is to be exported. It never waits: if that is necessary, it is
// remembered in the span, for [Ended.Wait]. It is on the path of every End.
func (c *Connection) Offer(s *Ended, explain Explain) {
	switch c.gate.take(s.urgent) {
	case admitted:
		c.batcher.OnEnd(s.queued(&c.copies, explain))
	case gateFull:
		c.overflow(s, explain)
	case gateClosed:
		c.forward(s, explain)
	}
}

// waiter is a connection that has no room for a span and whose Overflow may make the caller
// wait.
type waiter struct {
	conn     *Connection
	explain  Explain
	verdict  decision.Verdict
	truthful bool
	urgent   bool
}

// Wait does what the Overflow of those connections says that had no room for the span. It
// comes when all others have it: nobody's wait delays another connection. A successor that has
// no room either is added to the list.
func (s *Ended) Wait() {
	for i := 0; i < len(s.waiting); i++ {
		w := &s.waiting[i]
		s.Verdict, s.truthful, s.urgent, s.copy = w.verdict, w.truthful, w.urgent, nil
		w.conn.wait(s, w.explain)
	}
	clear(s.waiting)
	s.waiting = s.waiting[:0]
}

// forward hands a span to the connection that has replaced this one.
func (c *Connection) forward(s *Ended, explain Explain) {
	if next := c.successor.Load(); next != nil {
		next.Offer(s, explain)
		return
	}
	c.ledger.DropClosed(s.Verdict.Threshold)
	c.env.Notify()
}

// drop drops a span because there is no room for it.
func (c *Connection) drop(s *Ended) {
	c.ledger.DropFull(s.Verdict.Threshold)
	c.env.Notify()
}

// overflow takes a span for which there is no room.
func (c *Connection) overflow(s *Ended, explain Explain) {
	if c.cfg.Overflow == OverflowDrop || c.progress.isStalled() {
		c.drop(s)
		return
	}
	s.waiting = append(s.waiting, waiter{c, explain, s.Verdict, s.truthful, s.urgent})
}

func (c *Connection) wait(s *Ended, explain Explain) {
	if c.progress.isStalled() {
		c.drop(s)
		return
	}
	timeout := time.NewTimer(c.cfg.BlockTimeout)
	defer timeout.Stop()
	switch c.cfg.Overflow {
	case OverflowBlock:
		c.waitForRoom(s, explain, timeout.C, c.enqueue)
	case OverflowSync:
		c.exportNow(s, explain, timeout.C)
	case OverflowSpool:
		c.waitForRoom(s, explain, timeout.C, c.enqueueForSpool)
	case OverflowDrop:
	}
}

// enqueue puts a span into the queue.
func (c *Connection) enqueue(s *Ended, explain Explain) admission {
	a := c.gate.take(s.urgent)
	if a == admitted {
		c.batcher.OnEnd(s.queued(&c.copies, explain))
	}
	return a
}

// waitForRoom waits until enqueue has room.
func (c *Connection) waitForRoom(s *Ended, explain Explain, timeout <-chan time.Time, enqueue func(*Ended, Explain) admission) {
	for {
		moved := c.progress.listen()
		a := enqueue(s, explain)
		if a != gateFull {
			c.progress.ignore()
			if a == gateClosed {
				c.forward(s, explain)
			}
			return
		}
		timedOut := false
		select {
		case <-moved:
		case <-timeout:
			timedOut = true
		}
		c.progress.ignore()
		if timedOut {
			c.progress.stall()
			c.drop(s)
			return
		}
	}
}

// exportNow exports one span on behalf of the caller. When the time is up the caller returns,
// and the export goes on.
func (c *Connection) exportNow(s *Ended, explain Explain, timeout <-chan time.Time) {
	began := time.Now()
	if !c.acquire(timeout) {
		if c.ctx.Err() != nil {
			c.forward(s, explain)
			return
		}
		c.progress.stall()
		c.drop(s)
		return
	}
	c.addUncredited()
	c.ledger.Fallbacks.Add(1)
	batch, total := c.env.exported([]sdktrace.ReadOnlySpan{s.queued(&c.copies, explain)})
	k := c.export(batch, total, began, false)
	select {
	case <-k.done:
	case <-timeout:
		c.progress.stall()
	}
}

// addUncredited accepts a span that holds no credit.
func (c *Connection) addUncredited() {
	c.uncredited.Add(1)
	c.ledger.Uncredited.Add(1)
}
