package processor

import (
	"fmt"
	"strings"
	"time"
)

// State is how a connection is doing.
type State string

const (
	// StateOK says that the last export delivered everything, or nothing has been exported yet,
	// and nothing was dropped for 10 seconds.
	StateOK State = "ok"
	// StateDegraded says that spans are being dropped, or the last export delivered or spooled only
	// a part, or one has been running for longer than a third of its timeout and 5 seconds, or
	// dynamic sampling keeps less than configured.
	StateDegraded State = "degraded"
	// StateFailing says that nothing is being delivered: the last export failed as a whole, or has not
	// returned, or the connection isn't open.
	StateFailing State = "failing"
)

// lossMemory is how long a connection is degraded after it last dropped a span.
const lossMemory = 10 * time.Second

// Health says how the connections are doing. It is a snapshot that belongs to the caller.
type Health struct {
	// State is that of the worst connection, ok if there is none.
	State State `json:"state"`
	// Connections has one element for each connection of the current list, by name.
	Connections map[string]ConnectionHealth `json:"connections"`
}

// ConnectionHealth says how one connection is doing.
type ConnectionHealth struct {
	State State `json:"state"`
	// Since is when it got into the state, by the wall clock.
	Since time.Time `json:"since"`
	// Why is a sentence; if ok it is empty once something has been exported.
	Why string `json:"why,omitempty"`
}

// Health tells how every connection is doing. It waits for nobody. After Shutdown it
// tells how they did at the end.
func (f *Fanout) Health() Health {
	h := Health{State: StateOK, Connections: make(map[string]ConnectionHealth)}
	t := f.table.Load()
	if t == nil {
		return h
	}
	now := time.Now()
	for i := range t.entries {
		c := t.entries[i].conn
		ch := c.health(now)
		h.Connections[c.cfg.Name] = ch
		if ch.State == StateFailing || h.State == StateOK {
			h.State = ch.State
		}
	}
	return h
}

func (c *conn) health(now time.Time) ConnectionHealth {
	s := c.acct.settled.Load()
	o := &s.outcome
	loss := c.acct.loss.Load()
	running := c.running.Load()
	slow := running.slow(now, c.patience())
	lossy := loss != nil && !loss.since.IsZero() && now.Sub(loss.last) < lossMemory
	switch {
	case c.exporter.Load() == nil:
		return ConnectionHealth{StateFailing, c.made, "it is not open yet: " + c.notOpen()}
	case o.failures > 0:
		why := fmt.Sprintf("%d exports in a row delivered nothing", o.failures)
		if o.failures == 1 {
			why = "the last export delivered nothing"
		}
		if s.abandoned.spans > 0 {
			why += fmt.Sprintf(" (%s in one that has not returned)", spans(s.abandoned.spans, "is", "are"))
		}
		return ConnectionHealth{StateFailing, o.failingSince, why + ": " + lastError(s).Error()}
	case slow > 0:
		return ConnectionHealth{
			StateDegraded, running.called.Add(c.patience()),
			fmt.Sprintf("%s in an export that has been running for %s", spans(running.total.spans, "is", "are"), slow.Round(time.Second)),
		}
	case lossy:
		n := c.acct.full.spans.Load() + c.acct.closed.spans.Load() + s.untaken.spans
		return ConnectionHealth{StateDegraded, loss.since, "its queue is full: " + spans(n, "was", "were") + " dropped so far"}
	case !o.partialSince.IsZero():
		return ConnectionHealth{StateDegraded, o.partialSince, "the last export delivered only a part: " + lastError(s).Error()}
	}
	if shed := c.acct.shed.Load(); shed != nil {
		return ConnectionHealth{StateDegraded, shed.since, fmt.Sprintf(
			"its queue is nearly full: dynamic sampling keeps only %v of what is configured", shed.factor)}
	}
	since := o.goodSince
	if loss != nil && loss.last.Add(lossMemory).After(since) {
		since = loss.last.Add(lossMemory)
	}
	why := ""
	if s.exports == 0 {
		why = "nothing has been exported yet"
	}
	return ConnectionHealth{StateOK, since, why}
}

// slowExport is how long an export may take without being called slow, if its timeout is so
// long that a third of it is more.
const slowExport = 5 * time.Second

func (c *conn) patience() time.Duration { return max(slowExport, c.cfg.ExportTimeout/3) }

// slow returns for how long an export has been running, if that is too long, else 0.
func (k *call) slow(now time.Time, patience time.Duration) time.Duration {
	if k == nil || now.Sub(k.called) < patience {
		return 0
	}
	return now.Sub(k.called)
}

// notOpen says why a connection has no exporter.
func (c *conn) notOpen() string {
	if err := c.openErr.Load(); err != nil {
		return err.Error()
	}
	return "its predecessor has not let go of " + strings.Join(c.cfg.Claims, ", ")
}
