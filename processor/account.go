package processor

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// account is the ledger of one name. It outlives the connections of that name: a reload
// goes on counting where the one before it stopped.
//
// What the hot path counts are atomic counters of their own. What exports count is one
// immutable value, replaced as a whole, so that a snapshot never sees a span in two places
// or in none.
type account struct {
	name string

	_                    [48]byte
	sampledOut           atomic.Uint64
	rateLimited          counter
	full, closed, refuse counter       // dropped: queue_full, closed, recursion
	direct               atomic.Uint64 // accepted without a credit: exported by the caller, or for the spool
	syncs                atomic.Uint64
	inflight             atomic.Int64
	_                    [48]byte

	mu      sync.Mutex // of those who replace settled or generations
	settled atomic.Pointer[settled]
	gens    atomic.Pointer[generations]

	told told // touched by the reporter's goroutine only
	loss atomic.Pointer[lossTime]
	shed atomic.Pointer[shedding] // nil at factor 1
}

// settled is what has become of accepted spans, as far as that is known.
type settled struct {
	exported, failed, spooled, abandoned tally
	// untaken spans had been accepted for the spool, which then refused them: they are
	// taken out of accepted and count as dropped.queue_full.
	untaken tally

	exports, exportSpans, errors, panics uint64
	everAbandoned                        uint64
	untried                              uint64 // of failed: never handed to the exporter
	lastExport, lastBatch                time.Duration

	outcome outcome
}

// count counts an export of n spans.
func (s *settled) count(n uint64, bad bool) {
	s.exports++
	s.exportSpans += n
	if bad {
		s.errors++
	}
}

// outcome is what health looks at.
type outcome struct {
	failingSince time.Time // of the first export without success after the last success
	failures     uint64    // exports since then
	partialSince time.Time // of the first export, since one without loss, that lost a part
	goodSince    time.Time // of the last change to neither
	err          error     // of the last export that wasn't a full success
	panicked     error     // the first panic
}

// generations are the connections that share an account.
type generations struct {
	joined  uint64    // connections, ever
	leftAt  time.Time // of the last one that has gone
	entered uint64    // spans, by connections that are gone
	spool   report.Counts
	left    uint64 // in the spools of connections that are gone, and that others have opened
	orphans []orphan
	conns   []*conn
}

// orphan is what a connection has left in its spool. It counts as inherited once more when
// another one opens that.
type orphan struct {
	claims []string
	spans  uint64
}

func newAccount(name string) *account {
	a := &account{name: name}
	a.settled.Store(&settled{outcome: outcome{goodSince: time.Now()}})
	a.gens.Store(&generations{})
	return a
}

// settle replaces what is settled by what change makes of it.
func (a *account) settle(change func(*settled)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := *a.settled.Load()
	change(&next)
	a.settled.Store(&next)
}

// join adds a generation.
func (a *account) join(c *conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := *a.gens.Load()
	g.joined++
	g.conns = append(slices.Clip(g.conns), c)
	a.gens.Store(&g)
}

// leave removes a generation whose gate is closed, and keeps its numbers.
func (a *account) leave(c *conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := *a.gens.Load()
	var rest []*conn
	for _, other := range g.conns {
		if other != c {
			rest = append(rest, other)
			continue
		}
		g.leftAt = time.Now()
		g.entered += c.gate.entered()
		n := c.spoolCounts()
		g.spool = g.spool.Plus(n)
		if n.Pending > 0 {
			g.orphan(c.cfg.Claims, uint64(n.Pending))
		}
	}
	g.conns = rest
	for _, heir := range rest {
		if heir.exporter.Load() != nil {
			g.adopt(heir)
		}
	}
	a.gens.Store(&g)
}

// opened says that c has an exporter, which has counted what it found in its spool.
func (a *account) opened(c *conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := *a.gens.Load()
	g.adopt(c)
	a.gens.Store(&g)
}

// orphan adds spans to those that nobody has.
func (g *generations) orphan(claims []string, spans uint64) {
	g.orphans = slices.Clone(g.orphans)
	for i := range g.orphans {
		if slices.Equal(g.orphans[i].claims, claims) {
			g.orphans[i].spans += spans
			return
		}
	}
	g.orphans = append(g.orphans, orphan{claims, spans})
}

// adopt moves what c has inherited from connections that claimed the same.
func (g *generations) adopt(c *conn) {
	var rest []orphan
	for _, o := range g.orphans {
		if overlap(o.claims, c.cfg.Claims) {
			g.left += o.spans
		} else {
			rest = append(rest, o)
		}
	}
	g.orphans = rest
}
