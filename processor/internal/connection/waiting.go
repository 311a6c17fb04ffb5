package connection

import (
	"fmt"
	"time"

	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// Waits reports whether the connection, which can't be opened for that reason, stays. Then
// [Connection.KeepOpening] must follow.
func (c *Connection) Waits(err error) bool {
	if c.cfg.Waits == nil || !c.cfg.Waits(err) {
		return false
	}
	c.waiting.Store(true)
	return true
}

// KeepOpening tries to open the connection every second, until it is open or shut down, and then
// lets exports begin. Meanwhile its queue collects. It reports whether the connection is open.
func (c *Connection) KeepOpening() bool {
	defer c.progress.note()
	defer c.HandBack()
	defer c.waiting.Store(false)
	timer := time.NewTimer(reopenInterval)
	defer timer.Stop()
	for {
		last := false
		select {
		case <-timer.C:
			timer.Reset(reopenInterval)
		case <-c.closing:
			last = true
		case <-c.ctx.Done():
			return false
		}
		if c.Open(c.ctx) == nil {
			return true
		}
		if last { // what waits is refused, with the reason
			return false
		}
	}
}

// flushWaiting is the answer of ForceFlush while the connection isn't open: nobody knows how long
// that takes.
func (c *Connection) flushWaiting() error {
	if n := c.pending(); n > 0 {
		return c.errorf("%s waiting, for it is not open yet: %s", ledger.Spans(n, "is", "are"), c.whyNotOpen())
	}
	return nil
}

// NotOpen returns why the connection has no exporter; nil if it has one.
func (c *Connection) NotOpen() error {
	if c.opened() {
		return nil
	}
	return fmt.Errorf("connection %q is not open yet: %s", c.cfg.Name, c.whyNotOpen())
}
