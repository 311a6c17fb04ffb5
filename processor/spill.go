package processor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/internal/safecall"
)

// spill collects the spans that a full queue had no room for, until the exporter's spool
// has taken them. It holds one batch; the next one collects while that is being spooled. Its
// goroutine exists only while there is something to do.
type spill struct {
	mu      sync.Mutex
	next    []sdktrace.ReadOnlySpan
	busy    bool          // the goroutine exists
	batches uint64        // done
	hurry   chan struct{} // of the goroutine that waits for a batch to fill
	closed  bool          // nothing may be put aside any more
}

// spillSpan puts a span aside. If there is no room for it either, it waits.
func (c *conn) spillSpan(v *view, explain Explain, timeout <-chan time.Time) {
	for {
		moved := c.moved.listen()
		switch c.putAside(v, explain) {
		case admitted:
			c.moved.ignore()
			return
		case gateClosed:
			c.moved.ignore()
			c.forward(v, explain)
			return
		case gateFull:
		}
		timedOut := false
		select {
		case <-moved:
		case <-c.ctx.Done():
		case <-timeout:
			timedOut = c.ctx.Err() == nil
		}
		c.moved.ignore()
		if timedOut {
			c.trip()
			c.lose(v)
			return
		}
	}
}

func (c *conn) putAside(v *view, explain Explain) admission {
	p := &c.spill
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed || c.ctx.Err() != nil:
		return gateClosed
	case len(p.next) >= c.cfg.BatchSize:
		return gateFull
	}
	p.next = append(p.next, v.queued(&c.changes, explain))
	c.direct.Add(1)
	c.acct.direct.Add(1)
	switch {
	case !p.busy:
		p.busy, p.hurry = true, make(chan struct{}, 1)
		go c.spillAll(p.hurry)
	case len(p.next) == c.cfg.BatchSize:
		p.kick()
	}
	return admitted
}

// endSpill lets nothing be put aside any more; false if something is in flight that holds no
// credit.
func (c *conn) endSpill() bool {
	c.spill.mu.Lock()
	defer c.spill.mu.Unlock()
	c.spill.closed = c.direct.Load() == 0
	return c.spill.closed
}

// kick starts a batch before it is full. The caller holds mu.
func (p *spill) kick() {
	select {
	case p.hurry <- struct{}{}:
	default:
	}
}

// take returns what has collected and ends the goroutine's turn if that is nothing.
func (p *spill) take() []sdktrace.ReadOnlySpan {
	p.mu.Lock()
	defer p.mu.Unlock()
	batch := p.next
	p.next = nil
	p.busy = len(batch) > 0
	return batch
}

func (c *conn) spillAll(hurry <-chan struct{}) {
	wait := time.NewTimer(c.cfg.Schedule)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-hurry:
	case <-c.ctx.Done():
	}
	for batch := c.spill.take(); len(batch) > 0; batch = c.spill.take() {
		c.spillBatch(batch)
	}
	c.progress()
}

// spillBatch waits for the spool as long as it takes, or until the connection is shut down:
// what isn't in the spool by then counts as dropped.
func (c *conn) spillBatch(spans []sdktrace.ReadOnlySpan) {
	batch, total := c.env.exportedOf(spans)
	settled := make(chan struct{}) // closed by the one who settles
	var once sync.Once
	settle := func(err error) {
		once.Do(func() {
			c.settleSpill(total, err)
			close(settled)
		})
	}
	giveUp := context.AfterFunc(c.ctx, func() {
		select {
		case <-settled:
		case <-time.After(safecall.Grace):
			settle(errAbandoned)
			if left := c.spill.abandonNext(); len(left) > 0 {
				_, more := c.env.exportedOf(left)
				c.settleSpill(more, errAbandoned)
			}
		}
	})
	defer giveUp()
	settle(c.callSpooler(batch))
}

// abandonNext takes what nobody will spool any more.
func (p *spill) abandonNext() []sdktrace.ReadOnlySpan {
	p.mu.Lock()
	defer p.mu.Unlock()
	batch := p.next
	p.next = nil
	return batch
}

func (c *conn) callSpooler(batch []sdktrace.ReadOnlySpan) (err error) {
	err = errors.New("the driver ended its goroutine")
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the driver panicked: %v", p)
		}
	}()
	e := c.waitForExporter()
	switch {
	case e != nil && e.spool.CanSpool():
	case c.openErr.Load() != nil:
		return c.openErr.Load()
	default:
		return errRefused
	}
	ctx, cancel := context.WithTimeoutCause(c.ctx, c.cfg.ExportTimeout, errExportTimeout)
	defer cancel()
	return e.spool.SpoolSpans(ctx, batch)
}

// waitForExporter waits while the connection waits for its predecessor: then there is no
// exporter, nor an error why.
func (c *conn) waitForExporter() *opened {
	for c.ctx.Err() == nil {
		moved := c.moved.listen()
		if e := c.exporter.Load(); e != nil || c.openErr.Load() != nil {
			c.moved.ignore()
			return e
		}
		select {
		case <-moved:
		case <-c.ctx.Done():
		}
		c.moved.ignore()
	}
	return nil
}

func (c *conn) settleSpill(total tally, err error) {
	if err != nil {
		err = fmt.Errorf("spool: %w", shorten(err))
	}
	now := time.Now()
	c.acct.settle(func(s *settled) {
		if err == nil {
			s.spooled = s.spooled.plus(total)
			return
		}
		s.untaken = s.untaken.plus(total)
		s.errors++
		s.outcome.note(result{exported: 1, failed: 1, err: err}, now)
	})
	c.spill.mu.Lock()
	c.spill.batches++
	c.spill.mu.Unlock()
	c.returnSpans(total.spans, false)
	if err != nil {
		c.env.report.poke()
	}
}

// flush waits until what is in the spill has been settled.
func (p *spill) flush(c *conn) {
	p.mu.Lock()
	want := p.batches + 2 // the one at work, and the one that collects
	busy := p.busy
	if busy {
		p.kick()
	}
	p.mu.Unlock()
	for busy {
		moved := c.moved.listen()
		p.mu.Lock()
		busy = p.busy && p.batches < want
		p.mu.Unlock()
		if busy {
			select {
			case <-moved:
			case <-c.ctx.Done():
				busy = false
			}
		}
		c.moved.ignore()
	}
}
