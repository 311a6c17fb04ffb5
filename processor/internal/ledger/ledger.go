package ledger

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/decision"
)

// Ledger has the numbers of one name. Each connection of that name has an [Account] in it.
//
// What the end of a span counts are atomic counters of the ledger. What exports count are the
// [Totals] of an account, one immutable value that is replaced as a whole, so that a snapshot
// never sees a span in two places or in none.
type Ledger struct {
	Name string

	_           [48]byte
	SampledOut  atomic.Uint64 // by the Decider
	ShedSpans   atomic.Uint64 // of those, by the dynamic factor
	Head        HeadCount
	Held        HeldCount
	Traces      TraceCounts
	RateLimited Counter
	Recursion   Counter
	full        Counter
	closed      Counter
	early       atomic.Pointer[Counter] // of all ledgers that were there first
	Fallbacks   atomic.Uint64           // accepted spans that the caller of End has exported
	Inflight    atomic.Int64            // in exports that have not returned
	_           [48]byte

	spools   *Spools
	mu       sync.Mutex // of those who replace accounts or tell losses
	accounts atomic.Pointer[accounts]
	told     told
}

// accounts are those of a ledger. One that is settled for good is a part of the sums.
type accounts struct {
	joined  uint64 // ever
	current []*Account
	leftAt  time.Time // of the last connection that has gone
	sums    Snapshot  // with what the exporters have counted, as it is
}

// New returns a ledger without numbers. All ledgers whose connections may claim the same spools
// share spools.
func New(name string, spools *Spools) *Ledger {
	l := &Ledger{Name: name, spools: spools}
	l.accounts.Store(&accounts{})
	return l
}

func (l *Ledger) update(change func(*accounts)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := *l.accounts.Load()
	next.current = slices.Clone(next.current)
	change(&next)
	l.accounts.Store(&next)
}

// DropFull counts a span that a full queue had no room for.
func (a *Account) DropFull(t decision.Threshold) {
	a.ledger.full.Add(t)
	a.drops.note(time.Now(), 1)
}

// DropClosed counts a span that came after its connection had been shut down.
func (a *Account) DropClosed(t decision.Threshold) {
	a.ledger.closed.Add(t)
	a.drops.note(time.Now(), 1)
}

// CountEarly adds what ended before any connection was there. The caller goes on counting in early.
func (l *Ledger) CountEarly(early *Counter) { l.early.Store(early) }

// cameClosed returns what came while the connection was not open.
func (l *Ledger) cameClosed() Tally {
	t := l.closed.Load()
	if early := l.early.Load(); early != nil {
		t = t.Plus(early.Load())
	}
	return t
}

// WasUsed reports whether any connection has ever joined.
func (l *Ledger) WasUsed() bool { return l.accounts.Load().joined > 0 }

// LeftAt returns when the last connection has gone, and whether all are settled.
func (l *Ledger) LeftAt() (at time.Time, settled bool) {
	a := l.accounts.Load()
	return a.leftAt, len(a.current) == 0
}
