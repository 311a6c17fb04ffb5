package ledger

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// Source is a connection, as far as its account asks it.
type Source interface {
	// Entered returns how many spans it has ever accepted.
	Entered() uint64
	// Spool returns what its exporter counts itself; zero without one.
	Spool() report.Counts
	// Dead returns why the last of the spans that its spool counts as dead were refused; nil if unknown.
	Dead() error
	// Claims returns what the exporter has for itself.
	Claims() []string
}

// Account is what became of the spans that one connection has accepted. It is kept until the
// connection has gone and each of its exports has returned.
type Account struct {
	ledger *Ledger
	source Source
	drops  drops

	mu     sync.Mutex // of those who replace totals
	totals atomic.Pointer[Totals]
	gone   atomic.Pointer[report.Counts] // of the exporter at its end; nil before
	shed   atomic.Int64                  // since when the dynamic factor is below 1, Unix nanoseconds
}

// NewAccount returns an account that isn't in its ledger yet.
func (l *Ledger) NewAccount(s Source) *Account {
	now := time.Now()
	a := &Account{ledger: l, source: s, drops: drops{zero: now}}
	a.totals.Store(&Totals{Delivery: Delivery{goodSince: now}})
	return a
}

// Ledger returns the ledger that the account is in.
func (a *Account) Ledger() *Ledger { return a.ledger }

// Join adds the account to its ledger.
func (a *Account) Join() {
	a.ledger.update(func(all *accounts) {
		all.joined++
		all.current = append(all.current, a)
	})
}

// Leave says that the connection has gone. An export that was abandoned may still return.
func (a *Account) Leave() {
	n := a.ledger.spools.leave(a)
	a.gone.Store(&n)
	a.ledger.update(func(all *accounts) { all.leftAt = time.Now() })
	a.settle()
}

// settle makes the account a part of the ledger's sums, if nothing changes it any more: the
// connection has gone, and all spans that it has accepted have come to an end.
func (a *Account) settle() {
	if a.gone.Load() == nil {
		return
	}
	s := a.snapshot()
	if s.Pending() > 0 || s.Abandoned.Spans > 0 {
		return
	}
	dead := a.source.Dead()
	a.ledger.update(func(all *accounts) {
		if at := slices.Index(all.current, a); at >= 0 {
			all.current = slices.Delete(all.current, at, at+1)
			all.sums.Add(&s)
			a.ledger.told.diedOf(dead)
			a.ledger.told.add(a.takeUntold())
		}
	})
}

// Opened says that the connection has an exporter, which has counted what it found in its spool.
func (a *Account) Opened() { a.ledger.spools.open(a) }

// Totals returns what exports have counted. It must not be changed.
func (a *Account) Totals() *Totals { return a.totals.Load() }

// Update replaces the totals by what change makes of a copy. Updates wait for each other.
func (a *Account) Update(change func(*Totals)) {
	a.mu.Lock()
	next := *a.totals.Load()
	change(&next)
	a.totals.Store(&next)
	a.mu.Unlock()
	if a.gone.Load() != nil {
		a.settle()
	}
}

// RefuseSpool counts spans that the spool has not taken.
func (a *Account) RefuseSpool(all Tally, why error) {
	now := time.Now()
	a.Update(func(t *Totals) {
		t.Unspooled = t.Unspooled.Plus(all)
		t.Untold.Dropped += int64(all.Spans)
		t.Errors++
		t.Delivery.note(&report.Result{Exported: 1, Failed: 1, Err: why}, now)
	})
	a.drops.note(now, all.Spans)
}

// spool returns what the exporter has counted.
func (a *Account) spool() report.Counts {
	if n := a.gone.Load(); n != nil {
		return *n
	}
	return a.source.Spool()
}
