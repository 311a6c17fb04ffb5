package processor

import (
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// admit takes a span that is to be exported. It is on the path of every End.
func (c *conn) admit(v *view, explain Explain) {
	switch c.gate.take(v.urgent) {
	case admitted:
		c.batcher.OnEnd(v.queued(&c.changes, explain))
	case gateFull:
		c.overflow(v, explain)
	case gateClosed:
		c.forward(v, explain)
	}
}

// waiter is a connection that has no room for a span and whose Overflow may make the caller
// wait.
type waiter struct {
	conn     *conn
	explain  Explain
	verdict  decision.Verdict
	truthful bool
	urgent   bool
}

// wait does what the Overflow of those connections says that had no room for v's span, when
// all others have it: nobody's wait delays another one. Who takes over from one that is being
// replaced may have no room either, and is added to the list.
func (v *view) wait() {
	for i := 0; i < len(v.waiting); i++ {
		w := &v.waiting[i]
		v.verdict, v.truthful, v.urgent, v.change = w.verdict, w.truthful, w.urgent, nil
		w.conn.wait(v, w.explain)
	}
	clear(v.waiting)
	v.waiting = v.waiting[:0]
}

// forward hands a span on to the connection that has replaced this one.
func (c *conn) forward(v *view, explain Explain) {
	if next := c.successor.Load(); next != nil {
		next.admit(v, explain)
		return
	}
	c.acct.closed.add(v.verdict.Threshold)
	c.env.report.poke()
}

// lose drops a span because there is no room for it.
func (c *conn) lose(v *view) {
	c.acct.full.add(v.verdict.Threshold)
	c.env.report.poke()
}

// overflow is where a span goes for which there is no room.
func (c *conn) overflow(v *view, explain Explain) {
	if c.cfg.Overflow == OverflowDrop || c.isBroken() {
		c.lose(v)
		return
	}
	v.waiting = append(v.waiting, waiter{c, explain, v.verdict, v.truthful, v.urgent})
}

func (c *conn) wait(v *view, explain Explain) {
	if c.isBroken() {
		c.lose(v)
		return
	}
	timeout := time.NewTimer(c.cfg.BlockTimeout)
	defer timeout.Stop()
	switch c.cfg.Overflow {
	case OverflowBlock:
		c.block(v, explain, timeout.C)
	case OverflowSync:
		c.exportNow(v, explain, timeout.C)
	case OverflowSpool:
		c.spillSpan(v, explain, timeout.C)
	case OverflowDrop:
	}
}

// isBroken reports whether somebody has waited in vain since anything last came back.
// Nobody waits then: a thousand callers would each lose their timeout one after the other.
func (c *conn) isBroken() bool {
	b := c.broken.Load()
	return b != 0 && b == c.moves.Load()+1
}

func (c *conn) trip() { c.broken.Store(c.moves.Load() + 1) }

// block waits for room.
func (c *conn) block(v *view, explain Explain, timeout <-chan time.Time) {
	for {
		moved := c.moved.listen()
		switch c.gate.take(v.urgent) {
		case admitted:
			c.moved.ignore()
			c.batcher.OnEnd(v.queued(&c.changes, explain))
			return
		case gateClosed:
			c.moved.ignore()
			c.forward(v, explain)
			return
		case gateFull:
		}
		select {
		case <-moved:
			c.moved.ignore()
		case <-timeout:
			c.moved.ignore()
			c.trip()
			c.lose(v)
			return
		}
	}
}

// exportNow exports one span on behalf of the caller, who leaves when the time is up; the
// export goes on without him.
func (c *conn) exportNow(v *view, explain Explain, timeout <-chan time.Time) {
	began := time.Now()
	if !c.acquire(timeout) {
		if c.ctx.Err() != nil {
			c.forward(v, explain)
			return
		}
		c.trip()
		c.lose(v)
		return
	}
	c.direct.Add(1)
	c.acct.direct.Add(1)
	c.acct.syncs.Add(1)
	batch, total := c.env.exportedOf([]sdktrace.ReadOnlySpan{v.queued(&c.changes, explain)})
	k := c.export(batch, total, began, false)
	select {
	case <-k.done:
	case <-timeout:
		c.trip()
	}
}
