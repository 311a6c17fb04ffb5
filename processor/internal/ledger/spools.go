package ledger

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tracehook/tracehook/exporter/report"
)

// Spools knows whose spans wait in a spool that another connection has opened since. That one
// has found them and counts what becomes of them; here it is given back to the ledger that has
// put them there, so that each span is counted once. The zero value is ready to use.
type Spools struct {
	mu       sync.Mutex
	opened   []*Account // guarded by mu
	bequests atomic.Pointer[[]bequest]
}

// bequest is what a connection that has gone has left in its spool.
type bequest struct {
	of     *Ledger
	claims []string
	spans  int64
	heir   *Account // has opened that spool; nil if none has
}

func (s *Spools) all() []bequest {
	if all := s.bequests.Load(); all != nil {
		return *all
	}
	return nil
}

// open says that a has an exporter.
func (s *Spools) open(a *Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = append(s.opened, a)
	s.store(slices.Clone(s.all()))
}

// store finds heirs for those that have none. The caller holds mu.
func (s *Spools) store(all []bequest) {
	for i := range all {
		b := &all[i]
		for _, a := range s.opened {
			if b.heir == nil && Overlap(b.claims, a.source.Claims()) {
				b.heir = a
			}
		}
	}
	s.bequests.Store(&all)
}

// leave says that a has gone, and returns what its exporter has counted of its own.
func (s *Spools) leave(a *Account) report.Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = slices.DeleteFunc(s.opened, func(o *Account) bool { return o == a })
	own := a.source.Spool()
	var rest []bequest
	left := own.Pending
	gone := own
	for _, b := range s.all() {
		if b.heir != a {
			rest = append(rest, b)
			continue
		}
		part := b.take(&own)
		gone = minus(gone, part)
		gone.Inherited -= b.spans
		b.of.update(func(all *accounts) { all.sums.Spool = all.sums.Spool.Plus(part) })
		if b.spans -= part.Replayed + part.Dead + part.Expired; b.spans > 0 {
			left -= b.spans
			rest = append(rest, bequest{b.of, a.source.Claims(), b.spans, nil})
		}
	}
	if left > 0 {
		rest = append(rest, bequest{a.ledger, a.source.Claims(), left, nil})
	}
	s.store(rest)
	return gone
}

// take returns what of the heir's counts is of b, and takes it out of those.
func (b *bequest) take(counts *report.Counts) (part report.Counts) {
	part.Replayed = min(b.spans, counts.Replayed)
	part.Dead = min(b.spans-part.Replayed, counts.Dead)
	part.Expired = min(b.spans-part.Replayed-part.Dead, counts.Expired)
	*counts = minus(*counts, part)
	return part
}

func minus(c, d report.Counts) report.Counts {
	c.Replayed -= d.Replayed
	c.Dead -= d.Dead
	c.Expired -= d.Expired
	return c
}

// correct returns counts of l's exporters with what belongs to others taken out, and with what
// the exporters of others have counted of l's spans.
func (s *Spools) correct(l *Ledger, counts report.Counts) report.Counts {
	all := s.all()
	for i := range all {
		heir := all[i].heir
		if heir == nil || slices.ContainsFunc(all[:i], func(b bequest) bool { return b.heir == heir }) {
			continue // the heir's turn has been
		}
		theirs := heir.spool()
		for j := i; j < len(all); j++ {
			b := &all[j]
			if b.heir != heir {
				continue
			}
			part := b.take(&theirs)
			if heir.ledger == l {
				counts.Inherited -= min(b.spans, counts.Inherited)
				counts = minus(counts, part)
			}
			if b.of == l {
				counts.Replayed += part.Replayed
				counts.Dead += part.Dead
				counts.Expired += part.Expired
			}
		}
	}
	return counts
}

// Overlap reports whether two lists of claims have one in common.
func Overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}
