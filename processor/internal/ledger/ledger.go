package ledger

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/exporter/report"
)

// Ledger has the numbers of one name.
//
// What the end of a span counts are atomic counters of their own. What exports count is one
// immutable [Totals], replaced as a whole, so that a snapshot never sees a span in two
// places or in none.
type Ledger struct {
	Name string

	_           [48]byte
	SampledOut  atomic.Uint64 // by the Decider
	ShedSpans   atomic.Uint64 // of those, by the dynamic factor
	Head        HeadCount
	RateLimited Counter
	Recursion   Counter
	full        Counter
	closed      Counter
	Uncredited  atomic.Uint64 // accepted without a credit of the queue
	Fallbacks   atomic.Uint64 // of those, exported by the caller of End
	Inflight    atomic.Int64  // in exports that have not returned
	drops       drops
	_           [48]byte

	mu          sync.Mutex // of those who replace totals or generations
	totals      atomic.Pointer[Totals]
	generations atomic.Pointer[generations]
	shedding    atomic.Pointer[shedding]
}

// New returns a ledger without numbers.
func New(name string) *Ledger {
	now := time.Now()
	l := &Ledger{Name: name, drops: drops{zero: now}}
	l.totals.Store(&Totals{Delivery: Delivery{goodSince: now}})
	l.generations.Store(&generations{})
	return l
}

// Totals returns what exports have counted. It must not be changed.
func (l *Ledger) Totals() *Totals { return l.totals.Load() }

// Update replaces the totals by what change makes of a copy. Updates wait for each other.
func (l *Ledger) Update(change func(*Totals)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := *l.totals.Load()
	change(&next)
	l.totals.Store(&next)
}

// DropFull counts a span that a full queue had no room for.
func (l *Ledger) DropFull(t decision.Threshold) {
	l.full.Add(t)
	l.drops.note(time.Now())
}

// DropClosed counts a span that came after its connection had been shut down.
func (l *Ledger) DropClosed(t decision.Threshold) {
	l.closed.Add(t)
	l.drops.note(time.Now())
}

// RefuseSpool counts spans that the spool has not taken.
func (l *Ledger) RefuseSpool(all Tally, why error) {
	now := time.Now()
	l.Update(func(t *Totals) {
		t.Unspooled = t.Unspooled.Plus(all)
		t.Errors++
		t.Delivery.note(&report.Result{Exported: 1, Failed: 1, Err: why}, now)
	})
	l.drops.note(now)
}

// Totals are what has become of accepted spans, as far as that is known.
type Totals struct {
	Exported, Failed, Spooled, Abandoned Tally
	// Unspooled spans had been accepted for the spool, which then refused them: they are
	// taken out of accepted and count as dropped for a full queue.
	Unspooled Tally

	Exports, ExportSpans, Errors uint64
	EverAbandoned                uint64
	Untried                      uint64 // of Failed: never handed to the exporter
	LastExport, LastBatch        time.Duration

	Delivery Delivery
}

// Book adds the result of an export of all.
func (t *Totals) Book(all Tally, r *report.Result, now time.Time) {
	t.Exported = t.Exported.Plus(all.share(uint64(r.Exported)))
	t.Failed = t.Failed.Plus(all.share(uint64(r.Failed)))
	t.Spooled = t.Spooled.Plus(all.share(uint64(r.Spooled)))
	t.Delivery.note(r, now)
}

// Count counts an export of n spans.
func (t *Totals) Count(n uint64, bad bool) {
	t.Exports++
	t.ExportSpans += n
	if bad {
		t.Errors++
	}
}

// Abandon books an export of all that is not waited for any longer.
func (t *Totals) Abandon(all Tally, why error, now time.Time) {
	t.Abandoned = t.Abandoned.Plus(all)
	t.EverAbandoned += all.Spans
	t.Count(all.Spans, true)
	t.Delivery.note(&report.Result{Failed: int(all.Spans), Err: why}, now)
}

// Refuse books spans that were never handed to the exporter.
func (t *Totals) Refuse(all Tally) {
	t.Failed = t.Failed.Plus(all)
	t.Untried += all.Spans
}

// LostSince returns how many accepted spans were neither delivered nor spooled since before.
func (t *Totals) LostSince(before *Totals) uint64 {
	return t.Failed.Spans - before.Failed.Spans + t.Unspooled.Spans - before.Unspooled.Spans + t.Abandoned.Spans
}
