package ledger

import (
	"fmt"
	"sync/atomic"
	"time"
)

// State is how a connection is doing.
type State string

// The states.
const (
	OK       State = "ok"
	Degraded State = "degraded"
	Failing  State = "failing"
)

// Health says how one connection is doing.
type Health struct {
	State State `json:"state"`
	// Since is when it got into the state, by the wall clock.
	Since time.Time `json:"since"`
	// Why is a sentence; if ok it is empty once something has been exported.
	Why string `json:"why,omitempty"`
}

// Status is what only the connection itself knows of its health.
type Status struct {
	NotOpen string    // why it has no exporter; empty if it has one
	Made    time.Time // when it was made
	// Running is the number of spans in the export that runs, RunningSince when it began.
	// An export that runs for longer than Patience is slow.
	Running      uint64
	RunningSince time.Time
	Patience     time.Duration
}

// dropMemory is how long a connection is degraded after it last dropped a span.
const dropMemory = 10 * time.Second

// Health judges a connection of the ledger's name.
func (l *Ledger) Health(s *Status, now time.Time) Health {
	t := l.totals.Load()
	d := &t.Delivery
	dropsSince, dropsLast := l.drops.load()
	switch {
	case s.NotOpen != "":
		return Health{Failing, s.Made, "it is not open yet: " + s.NotOpen}
	case d.failures > 0:
		return Health{Failing, d.failingSince, t.whyFailing()}
	case s.Running > 0 && now.Sub(s.RunningSince) >= s.Patience:
		return Health{
			Degraded, s.RunningSince.Add(s.Patience), fmt.Sprintf("%s in an export that has been running for %s",
				Spans(s.Running, "is", "are"), now.Sub(s.RunningSince).Round(time.Second)),
		}
	case now.Sub(dropsLast) < dropMemory:
		n := l.full.Load().Spans + l.closed.Load().Spans + t.Unspooled.Spans
		return Health{Degraded, dropsSince, "its queue is full: " + Spans(n, "was", "were") + " dropped so far"}
	case !d.partialSince.IsZero():
		return Health{Degraded, d.partialSince, "the last export delivered only a part: " + d.Err.Error()}
	}
	if shed := l.shedding.Load(); shed != nil {
		return Health{Degraded, shed.since, fmt.Sprintf(
			"its queue is nearly full: dynamic sampling keeps only %v of what is configured", shed.factor)}
	}
	h := Health{OK, d.goodSince, ""}
	if end := dropsLast.Add(dropMemory); end.After(h.Since) {
		h.Since = end
	}
	if t.Exports == 0 {
		h.Why = "nothing has been exported yet"
	}
	return h
}

func (t *Totals) whyFailing() string {
	why := "the last export delivered nothing"
	if t.Delivery.failures > 1 {
		why = fmt.Sprintf("%d exports in a row delivered nothing", t.Delivery.failures)
	}
	if n := t.Abandoned.Spans; n > 0 {
		why += " (" + Spans(n, "is", "are") + " in one that has not returned)"
	}
	return why + ": " + t.Delivery.Err.Error()
}

// Spans returns "1 span is" or "5 spans are".
func Spans(n uint64, one, many string) string {
	if n == 1 {
		return "1 span " + one
	}
	return fmt.Sprintf("%d spans %s", n, many)
}

// drops is when spans were dropped: last, and the first time of a period in which no two
// drops are further apart than dropMemory. Both are nanoseconds after zero; 0 is never.
type drops struct {
	zero        time.Time
	since, last atomic.Int64
}

func (d *drops) note(now time.Time) {
	n := max(int64(now.Sub(d.zero)), 1)
	if last := d.last.Swap(n); last == 0 || n-last >= int64(dropMemory) {
		d.since.Store(n)
	}
}

func (d *drops) load() (since, last time.Time) {
	if n := d.last.Load(); n != 0 {
		return d.zero.Add(time.Duration(d.since.Load())), d.zero.Add(time.Duration(n))
	}
	return time.Time{}, time.Time{}
}

// Dropping reports whether a span was dropped lately.
func (l *Ledger) Dropping(now time.Time) bool {
	_, last := l.drops.load()
	return now.Sub(last) < dropMemory
}

// shedding is a dynamic factor below 1, and since when there has been one.
type shedding struct {
	factor float64
	since  time.Time
}

// Shed says what the dynamic factor is now.
func (l *Ledger) Shed(factor float64, now time.Time) {
	if factor >= 1 {
		l.shedding.Store(nil)
		return
	}
	if shed := l.shedding.Load(); shed != nil {
		now = shed.since
	}
	l.shedding.Store(&shedding{factor, now})
}
