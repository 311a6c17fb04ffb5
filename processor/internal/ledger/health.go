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
	NotOpen string // why it has no exporter; empty if it has one
	// Barred is why the destination takes nothing from us since BarredSince; empty if it does.
	Barred      string
	BarredSince time.Time
	Made        time.Time // when it was made
	// Running is the number of spans in the export that runs, RunningSince when it began.
	// An export that runs for longer than Patience is slow.
	Running      uint64
	RunningSince time.Time
	Patience     time.Duration
	// Factor is the dynamic factor.
	Factor float64
}

// dropMemory is how long a connection is degraded after it last dropped a span.
const dropMemory = 10 * time.Second

// Health judges the account's connection.
func (a *Account) Health(s *Status, now time.Time) Health {
	t := a.totals.Load()
	d := &t.Delivery
	dropsSince, dropsLast := a.drops.load()
	switch {
	case s.NotOpen != "":
		return Health{Failing, s.Made, "it is not open yet: " + s.NotOpen}
	case s.Barred != "":
		return Health{Failing, s.BarredSince, s.Barred}
	case d.failures > 0:
		return Health{Failing, d.failingSince, t.whyFailing()}
	case s.Running > 0 && now.Sub(s.RunningSince) >= s.Patience:
		return Health{
			Degraded, s.RunningSince.Add(s.Patience), fmt.Sprintf("%s in an export that has been running for %s",
				Spans(s.Running, "is", "are"), now.Sub(s.RunningSince).Round(time.Second)),
		}
	case now.Sub(dropsLast) < dropMemory:
		return Health{Degraded, dropsSince, "its queue is full: " + Spans(a.drops.count.Load(), "was", "were") + " dropped so far"}
	case !d.partialSince.IsZero():
		return Health{Degraded, d.partialSince, "the last export delivered only a part: " + d.Err.Error()}
	}
	if since := a.ShedSince(s.Factor, now); s.Factor < 1 {
		return Health{Degraded, since, fmt.Sprintf(
			"its queue is nearly full: dynamic sampling keeps only %v of what is configured", s.Factor)}
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
	count       atomic.Uint64
}

func (d *drops) note(now time.Time, spans uint64) {
	d.count.Add(spans)
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
func (a *Account) Dropping(now time.Time) bool {
	_, last := a.drops.load()
	return now.Sub(last) < dropMemory
}

// ShedSince returns since when the dynamic factor, which is now so much, is below 1, as far as
// anybody has asked.
func (a *Account) ShedSince(factor float64, now time.Time) time.Time {
	if factor >= 1 {
		a.shed.Store(0)
		return now
	}
	a.shed.CompareAndSwap(0, now.UnixNano())
	return time.Unix(0, a.shed.Load())
}
