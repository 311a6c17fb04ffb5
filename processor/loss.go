package processor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// Loss is how many spans of a connection were lost, by the way in which they were. Failed were
// not confirmed by the destination, Dead were refused for good by it, Expired have become too old
// or too many in the spool, Abandoned are in an export that has not returned, Dropped found a
// full queue or a connection that was shut down. Err is the last error of its exports, if any, and
// DeadErr why the last of the dead ones were refused, if that is known.
type Loss = ledger.Loss

// LossError is what [Fanout.ForceFlush] and [Fanout.Shutdown] return, perhaps joined with other
// errors, when spans were lost since the last call that returned. What sampling has left out and
// what an export's own instrumentation has made isn't lost.
type LossError struct {
	// Connections has the losses of each connection that has lost any, by name.
	Connections map[string]Loss
	total       int64 // ever, of all connections, if that is more; else 0
}

// Error has a line for each connection.
func (e *LossError) Error() string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(e.Connections)) {
		loss := e.Connections[name]
		var parts []string
		for _, p := range []struct {
			n         int64
			one, many string
		}{
			{loss.Failed, "was not exported", "were not exported"},
			{loss.Abandoned, "is in an export that has not returned", "are in an export that has not returned"},
			{loss.Dropped, "was dropped", "were dropped"},
			{loss.Dead, "was refused for good", "were refused for good"},
			{loss.Expired, "has expired in the spool", "have expired in the spool"},
		} {
			if p.n > 0 {
				parts = append(parts, ledger.Spans(uint64(p.n), p.one, p.many))
			}
		}
		line := fmt.Sprintf("connection %q: %s", name, strings.Join(parts, ", "))
		var why []string
		for _, err := range reasons(loss) {
			why = append(why, err.Error())
		}
		if len(why) > 0 {
			line += ": " + strings.Join(why, "; ")
		}
		lines = append(lines, line)
	}
	if e.total > 0 {
		lines = append(lines, ledger.Spans(uint64(e.total), "was", "were")+" lost in all")
	}
	return strings.Join(lines, "\n")
}

// reasons returns why spans were lost, each reason once.
func reasons(l Loss) []error {
	var errs []error
	if l.Err != nil {
		errs = append(errs, l.Err)
	}
	if l.DeadErr != nil && (l.Err == nil || !strings.Contains(l.Err.Error(), l.DeadErr.Error())) {
		errs = append(errs, l.DeadErr)
	}
	return errs
}

// Unwrap returns the errors of all connections.
func (e *LossError) Unwrap() []error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(e.Connections)) {
		errs = append(errs, reasons(e.Connections[name])...)
	}
	return errs
}

// takeLosses returns an error with what was lost and not told yet, or nil.
func (f *Fanout) takeLosses(last bool) error {
	f.mu.Lock()
	ledgers := slices.Collect(maps.Values(f.ledgers))
	total, told := f.others.Lost(), int64(0)
	f.mu.Unlock()
	e := &LossError{Connections: make(map[string]Loss)}
	for _, l := range ledgers {
		if loss := l.TakeLoss(); loss.Total() > 0 {
			e.Connections[l.Name] = loss
			told += loss.Total()
		}
		if last {
			s := l.Snapshot()
			total += s.Lost()
		}
	}
	if len(e.Connections) == 0 {
		return nil
	}
	if last && total > told {
		e.total = total
	}
	return e
}
