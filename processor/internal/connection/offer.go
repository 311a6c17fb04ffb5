package connection

import (
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// Offer takes a span that is to be exported. It never waits: if that is necessary, it is
// remembered in the span, for [Ended.Wait]. It is on the path of every End.
func (c *Connection) Offer(s *Ended, explain Explain) {
	a := gateFull
	if !c.cfg.Sync {
		a = c.queue.enter(s.urgent, 1, s.Size())
	}
	switch a {
	case admitted:
		c.queue.stage.put(s.queued(c, explain))
	case gateFull:
		c.overflow(s, explain)
	case gateClosed:
		c.forward(s, explain)
	}
}

// forward hands a span to the connection that has replaced this one.
func (c *Connection) forward(s *Ended, explain Explain) {
	if next := c.successor.Load(); next != nil {
		next.Offer(s, explain)
		return
	}
	c.account.DropClosed(s.Verdict.Threshold)
	c.env.Notify()
}

// drop drops a span because there is no room for it.
func (c *Connection) drop(s *Ended) {
	c.account.DropFull(s.Verdict.Threshold)
	c.env.Notify()
}

// overflow takes a span for which there is no room.
func (c *Connection) overflow(s *Ended, explain Explain) {
	if c.cfg.Overflow == OverflowDrop && !c.cfg.Sync || c.progress.isStalled() {
		c.drop(s)
		return
	}
	s.waiting = append(s.waiting, waiter{c, explain, s.Verdict, s.truthful, s.urgent})
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

// Wait does what the Overflow of those connections says that had no room for the span: for all
// of them at once, so that the caller waits for the slowest one only. It comes when all others
// have the span.
func (s *Ended) Wait() {
	for len(s.waiting) > 0 { // a successor may have no room either
		waiting := s.waiting
		var group sync.WaitGroup
		for i := range waiting[1:] {
			other := &Ended{Span: s.Span, bytes: s.bytes}
			group.Go(func() {
				waiting[1+i].wait(other)
				other.Wait()
			})
		}
		s.waiting = nil
		waiting[0].wait(s)
		group.Wait()
		clear(waiting)
		if len(s.waiting) == 0 {
			s.waiting = waiting[:0]
		}
	}
}

// wait does what the Overflow says. It uses no more than the block timeout.
func (w *waiter) wait(s *Ended) {
	c := w.conn
	s.Verdict, s.truthful, s.urgent, s.form = w.verdict, w.truthful, w.urgent, nil
	if c.progress.isStalled() {
		c.drop(s)
		return
	}
	moves := c.progress.moves.Load()
	timeout := time.NewTimer(c.cfg.BlockTimeout)
	defer timeout.Stop()
	q := c.queue
	switch {
	case c.cfg.Sync || c.cfg.Overflow == OverflowSync:
		c.exportNow(s, w.explain, timeout.C, moves)
		return
	case c.cfg.Overflow == OverflowSpool:
		q = c.spool
	}
	switch q.await(s.urgent, 1, s.Size(), nil, timeout.C) {
	case admitted:
		q.put(s.queued(c, w.explain))
	case gateClosed:
		c.forward(s, w.explain)
	case gateFull:
		c.progress.stallIfStill(moves)
		c.drop(s)
	}
}

// exportNow exports one span on behalf of the caller. When the time is up the caller returns,
// and the export goes on.
func (c *Connection) exportNow(s *Ended, explain Explain, timeout <-chan time.Time, moves uint64) {
	began := time.Now()
	switch {
	case !c.acquire(timeout):
		if c.ctx.Err() != nil {
			c.forward(s, explain)
			return
		}
		c.progress.stallIfStill(moves)
		c.drop(s)
		return
	case c.queue.isClosed():
		c.HandBack()
		c.forward(s, explain)
		return
	case c.cfg.Sync:
		timeout = nil // the caller returns when the span is out, or the export timeout has passed
	}
	c.exporting.Add(1)
	c.direct.Add(1)
	if !c.cfg.Sync {
		c.account.Ledger().Fallbacks.Add(1)
	}
	b := newBatch([]sdktrace.ReadOnlySpan{s.queued(c, explain)})
	x := c.export(b, nil, began)
	select {
	case <-x.done:
	case <-timeout:
		c.progress.stallIfStill(moves)
	}
}
