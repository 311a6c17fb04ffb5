package processor

import (
	"maps"
	"slices"
	"time"
)

// OtherRetired is the name under which [Stats.Retired] adds up the connections that were
// removed before the last [MaxRetired]. No connection may have it.
const OtherRetired = "*"

// MaxRetired is how many removed connections keep numbers of their own. One that was removed
// less than 20 seconds ago keeps them in any case.
const MaxRetired = 64

// quietTime is how long a connection must have been gone until nobody adds to its account
// any more: whoever had its list has ended his span, and the reporter has told its losses.
const quietTime = 2 * reportInterval

// retire returns the accounts of those that aren't current. The oldest of too many are
// replaced by one that has their sums; the accounts themselves stay as they are, for those
// who look at an earlier table. The caller holds mu.
func (f *Fanout) retire(current map[string]*conn) []*account {
	var retired []*account
	for _, name := range slices.Sorted(maps.Keys(f.accounts)) {
		if current[name] == nil && f.accounts[name].gens.Load().joined > 0 {
			retired = append(retired, f.accounts[name])
		}
	}
	if len(retired) > MaxRetired {
		slices.SortStableFunc(retired, func(a, b *account) int { return a.gens.Load().leftAt.Compare(b.gens.Load().leftAt) })
		now := time.Now()
		excess := len(retired) - MaxRetired
		retired = slices.DeleteFunc(retired, func(a *account) bool {
			if excess == 0 || !a.isQuiet(now) {
				return false
			}
			excess--
			delete(f.accounts, a.name)
			f.others = f.others.with(a)
			return true
		})
	}
	if f.others != nil {
		retired = append(retired, f.others)
	}
	return retired
}

func (a *account) isQuiet(now time.Time) bool {
	g := a.gens.Load()
	return len(g.conns) == 0 && now.Sub(g.leftAt) >= quietTime
}

// with returns a new account with the numbers of a, which may be nil, and b.
func (a *account) with(b *account) *account {
	sum := newAccount(OtherRetired)
	for _, x := range []*account{a, b} {
		if x != nil {
			sum.include(x)
		}
	}
	return sum
}

// include adds the numbers of x. Nobody else knows a yet.
func (a *account) include(x *account) {
	a.sampledOut.Add(x.sampledOut.Load())
	a.direct.Add(x.direct.Load())
	a.syncs.Add(x.syncs.Load())
	a.rateLimited.include(x.rateLimited.load())
	a.full.include(x.full.load())
	a.closed.include(x.closed.load())
	a.refuse.include(x.refuse.load())
	s := x.settled.Load()
	a.settle(func(sum *settled) { sum.include(s) })
	g, sum := x.gens.Load(), *a.gens.Load()
	sum.joined += g.joined
	sum.entered += g.entered
	sum.spool = sum.spool.Plus(g.spool)
	sum.left += g.left
	a.gens.Store(&sum)
	a.told = told{panicked: true} // all of it has been told, by those it came from
	counts := a.lossCounts(a.settled.Load())
	for c := range causes {
		a.told.causes[c].count = counts[c]
	}
	a.told.seen = counts[causeFull] + counts[causeUntaken] + counts[causeClosed]
}

func (s *settled) include(x *settled) {
	s.exported, s.failed = s.exported.plus(x.exported), s.failed.plus(x.failed)
	s.spooled, s.abandoned = s.spooled.plus(x.spooled), s.abandoned.plus(x.abandoned)
	s.untaken = s.untaken.plus(x.untaken)
	s.exports += x.exports
	s.exportSpans += x.exportSpans
	s.errors += x.errors
	s.panics += x.panics
	s.everAbandoned += x.everAbandoned
	s.untried += x.untried
	s.lastExport, s.lastBatch = max(s.lastExport, x.lastExport), max(s.lastBatch, x.lastBatch)
}
