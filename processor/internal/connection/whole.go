package connection

import (
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// Whole is spans of one trace that go into the queue together, so that spans of other traces don't
// make a full queue cut it apart. The zero value is empty.
type Whole struct {
	spans   []sdktrace.ReadOnlySpan // as the queue holds them
	bytes   int64
	urgent  bool
	left    func(spans int)
	follows bool // a single span of a trace that was offered before
}

// Follow takes a span of a trace that was offered before. If that one waits for room, so does the
// span; otherwise it is offered alone.
func (c *Connection) Follow(s *Ended, w *Whole, explain Explain, left func(spans int)) {
	if c.backlog.isWaiting() && !c.cfg.Sync {
		c.Add(w, s, explain)
		w.follows = true
		c.OfferWhole(w, left)
		return
	}
	left(1)
	c.Offer(s, explain)
	if s.MustWait() {
		s.Wait()
	}
}

// Add adds a span that the connection is to have. It isn't the connection's before OfferWhole.
func (c *Connection) Add(w *Whole, s *Ended, explain Explain) {
	w.spans = append(w.spans, s.queued(c, explain))
	w.bytes += s.Size()
	w.urgent = w.urgent || s.urgent
}

// IsEmpty reports that there are no spans.
func (w *Whole) IsEmpty() bool { return len(w.spans) == 0 }

// Reset makes w empty.
func (w *Whole) Reset() {
	spans := w.spans[:0]
	if cap(spans) > 64 {
		spans = nil
	}
	clear(w.spans)
	*w = Whole{spans: spans}
}

// OfferWhole takes the spans of w, which may be used again after it. If the queue has no room for
// all of them, they wait, in their order, and go in on a goroutine of the connection's own as soon
// as the queue has room. As many spans and bytes wait as the queue itself has room for. What comes
// then is dropped with [OverflowDrop]; otherwise the caller waits as for a single span. All spans
// of w are taken, or none. Left is called with the number of spans that are about to go on, and
// with a negative number when some have not, from any goroutine.
func (c *Connection) OfferWhole(w *Whole, left func(spans int)) {
	w.left = left
	switch c.enterWhole(w) {
	case admitted:
		c.queue.put(w.spans...)
	case gateClosed:
		c.forwardWhole(w)
	case gateFull:
		c.wait(w)
	}
}

// enterWhole asks for credits for all spans.
func (c *Connection) enterWhole(w *Whole) admission {
	if c.backlog.isWaiting() {
		return gateFull
	}
	w.left(len(w.spans))
	a := c.queue.enter(w.urgent, len(w.spans), w.bytes)
	if a != admitted {
		w.left(-len(w.spans))
	}
	return a
}

// wait lets w wait for room, or its caller, or drops it.
func (c *Connection) wait(w *Whole) {
	if c.backlog.push(c, w) {
		return
	}
	if c.cfg.Overflow == OverflowDrop || c.progress.isStalled() {
		c.dropWhole(w)
		return
	}
	moves := c.progress.moves.Load()
	timeout := time.NewTimer(c.cfg.BlockTimeout)
	defer timeout.Stop()
	for {
		moved := c.backlog.moved.listen()
		pushed := c.backlog.push(c, w)
		var late bool
		if !pushed {
			select {
			case <-moved:
			case <-timeout.C:
				late = true
			}
		}
		c.backlog.moved.ignore()
		switch {
		case pushed:
			return
		case late:
			c.progress.stallIfStill(moves)
			c.dropWhole(w)
			return
		}
	}
}

func (c *Connection) dropWhole(w *Whole) {
	w.left(len(w.spans))
	for _, s := range w.spans {
		c.account.DropFull(thresholdOf(s))
	}
	c.env.Notify()
}

// forwardWhole hands w to the connection that has replaced this one.
func (c *Connection) forwardWhole(w *Whole) {
	if next := c.successor.Load(); next != nil {
		next.OfferWhole(w, w.left)
		return
	}
	w.left(len(w.spans))
	for _, s := range w.spans {
		c.account.DropClosed(thresholdOf(s))
	}
	c.env.Notify()
}

// thresholdOf returns what a queued span was kept at.
func thresholdOf(s sdktrace.ReadOnlySpan) decision.Threshold { return queuedOf(s).form.threshold }

// sizeOf estimates how many bytes queued spans take.
func sizeOf(spans []sdktrace.ReadOnlySpan) (bytes int64) {
	for _, s := range spans {
		bytes += queuedOf(s).bytes
	}
	return bytes
}
