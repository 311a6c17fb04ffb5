package connection

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// spoolQueue collects the spans that a full queue had no room for, until the exporter's spool
// has taken them. It holds one batch; the next one collects while that is being spooled. Its
// goroutine exists only while there is something to do.
type spoolQueue struct {
	mu      sync.Mutex
	next    []sdktrace.ReadOnlySpan
	busy    bool          // the goroutine exists
	batches uint64        // done
	hurry   chan struct{} // of the goroutine that waits for a batch to fill
	closed  bool          // lets nothing in any more
}

// enqueueForSpool puts a span into the spool's queue.
func (c *Connection) enqueueForSpool(s *Ended, explain Explain) admission {
	q := &c.spool
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed || c.ctx.Err() != nil:
		return gateClosed
	case len(q.next) >= c.cfg.BatchSize:
		return gateFull
	}
	q.next = append(q.next, s.queued(&c.copies, explain))
	c.addUncredited()
	switch {
	case !q.busy:
		q.busy, q.hurry = true, make(chan struct{}, 1)
		go c.spoolAll(q.hurry)
	case len(q.next) == c.cfg.BatchSize:
		q.kick()
	}
	return admitted
}

// closeSpoolQueue lets nothing in any more; false if something is in flight that holds no
// credit.
func (c *Connection) closeSpoolQueue() bool {
	c.spool.mu.Lock()
	defer c.spool.mu.Unlock()
	c.spool.closed = c.uncredited.Load() == 0
	return c.spool.closed
}

// kick starts a batch before it is full. The caller holds mu.
func (q *spoolQueue) kick() {
	select {
	case q.hurry <- struct{}{}:
	default:
	}
}

// take returns what has collected, and whether the goroutine goes on.
func (q *spoolQueue) take() (batch []sdktrace.ReadOnlySpan, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, q.next = q.next, nil
	q.busy = len(batch) > 0
	return batch, q.busy
}

func (c *Connection) spoolAll(hurry <-chan struct{}) {
	wait := time.NewTimer(c.cfg.Schedule)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-hurry:
	case <-c.ctx.Done():
	}
	for batch, more := c.spool.take(); more; batch, more = c.spool.take() {
		c.spoolBatch(batch)
	}
	c.progress.note()
}

// spoolBatch waits for the spool as long as it takes, or until the connection is shut down:
// what isn't in the spool by then counts as dropped.
func (c *Connection) spoolBatch(spans []sdktrace.ReadOnlySpan) {
	batch, total := c.env.exported(spans)
	booked := make(chan struct{}) // closed with the first result
	var once sync.Once
	book := func(err error) {
		once.Do(func() {
			c.bookSpooled(total, err)
			close(booked)
		})
	}
	giveUp := context.AfterFunc(c.ctx, func() {
		select {
		case <-booked:
		case <-time.After(safecall.Grace):
			book(errAbandoned)
			c.spool.mu.Lock()
			left := c.spool.next
			c.spool.next = nil
			c.spool.mu.Unlock()
			if len(left) > 0 {
				_, more := c.env.exported(left)
				c.bookSpooled(more, errAbandoned)
			}
		}
	})
	defer giveUp()
	book(c.callSpooler(batch))
}

func (c *Connection) callSpooler(batch []sdktrace.ReadOnlySpan) (err error) {
	err = errors.New("the driver ended its goroutine")
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the driver panicked: %v", p)
		}
	}()
	e := c.awaitExporter()
	switch {
	case e != nil && e.spool.CanSpool():
	case c.exporter.openErr.Load() != nil:
		return c.exporter.openErr.Load()
	default:
		return errRefused
	}
	ctx, cancel := context.WithTimeoutCause(c.ctx, c.cfg.ExportTimeout, errExportTimeout)
	defer cancel()
	return e.spool.SpoolSpans(ctx, batch)
}

// awaitExporter waits while the connection waits for its predecessor: then there is neither
// an exporter nor an error.
func (c *Connection) awaitExporter() *opened {
	for c.ctx.Err() == nil {
		moved := c.progress.listen()
		if e := c.exporter.load(); e != nil || c.exporter.openErr.Load() != nil {
			c.progress.ignore()
			return e
		}
		select {
		case <-moved:
		case <-c.ctx.Done():
		}
		c.progress.ignore()
	}
	return nil
}

// bookSpooled ends the way of spans to the spool.
func (c *Connection) bookSpooled(total ledger.Tally, err error) {
	if err == nil {
		c.ledger.Update(func(t *ledger.Totals) { t.Spooled = t.Spooled.Plus(total) })
	} else {
		c.ledger.RefuseSpool(total, fmt.Errorf("spool: %w", shorten(err)))
	}
	c.spool.mu.Lock()
	c.spool.batches++
	c.spool.mu.Unlock()
	c.settled(total.Spans, false)
	if err != nil {
		c.env.Notify()
	}
}

// flushSpoolQueue waits until what is in the spool's queue has been booked.
func (c *Connection) flushSpoolQueue() {
	q := &c.spool
	q.mu.Lock()
	want := q.batches + 2 // the one at work, and the one that collects
	busy := q.busy
	if busy {
		q.kick()
	}
	q.mu.Unlock()
	for busy {
		moved := c.progress.listen()
		q.mu.Lock()
		busy = q.busy && q.batches < want
		q.mu.Unlock()
		if busy {
			select {
			case <-moved:
			case <-c.ctx.Done():
				busy = false
			}
		}
		c.progress.ignore()
	}
}
