package ledger_test

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// generation is what a test says that a connection tells.
type generation struct {
	entered uint64
	spool   report.Counts
	claims  []string
}

func (g *generation) Entered() uint64      { return g.entered }
func (g *generation) Spool() report.Counts { return g.spool }
func (*generation) Dead() error            { return nil }
func (g *generation) Claims() []string     { return g.claims }

func TestPartsOfAnExportShareWhatItStoodFor(t *testing.T) {
	t.Parallel()
	l := ledger.New("c", new(ledger.Spools))
	a := l.NewAccount(&generation{})
	a.Join()
	all := ledger.Tally{Spans: 10, Extra: 30}
	a.Update(func(t *ledger.Totals) {
		t.Book(all, &report.Result{Exported: 5, Failed: 3, Spooled: 2, Err: errors.New("no")}, time.Now())
	})
	s := l.Snapshot()
	if s.Exported.Adjusted() != 20 || s.Failed.Adjusted() != 12 || s.Spooled.Adjusted() != 8 {
		t.Errorf("%v exported, %v failed, %v spooled; want 20, 12, 8", s.Exported, s.Failed, s.Spooled)
	}
}

func TestTallyThatIsTakenBackLeavesNothing(t *testing.T) {
	t.Parallel()
	a, b := ledger.Tally{Spans: 1, Extra: 0.1}, ledger.Tally{Spans: 1, Extra: 0.2}
	sum := a.Plus(b)
	if got := sum.Minus(a).Minus(b); got != (ledger.Tally{}) {
		t.Errorf("%v is left", got)
	}
	if got := sum.Minus(a); got.Spans != 1 || math.Abs(got.Extra-0.2) > 1e-12 {
		t.Errorf("got %v", got)
	}
}

// TestSpoolCountsAreBoundedByWhatCameIn is a spool that has passed on spans whose export has not
// returned yet, in each of the ways out.
func TestSpoolCountsAreBoundedByWhatCameIn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ give, want report.Counts }{
		"replayed": {report.Counts{Inherited: 5, Replayed: 9}, report.Counts{Inherited: 5, Replayed: 5}},
		"dead":     {report.Counts{Inherited: 5, Replayed: 2, Dead: 9}, report.Counts{Inherited: 5, Replayed: 2, Dead: 3}},
		"expired":  {report.Counts{Inherited: 5, Replayed: 2, Dead: 1, Expired: 9}, report.Counts{Inherited: 5, Replayed: 2, Dead: 1, Expired: 2}},
		"at rest":  {report.Counts{Inherited: 5, Pending: 1, Replayed: 2, Dead: 1, Expired: 1}, report.Counts{Inherited: 5, Pending: 1, Replayed: 2, Dead: 1, Expired: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := ledger.New("c", new(ledger.Spools))
			l.NewAccount(&generation{spool: tc.give}).Join()
			if got := l.Snapshot().Spool; got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

// busy is a connection that a span enters, and leaves exported, as soon as it has said how many
// have entered.
type busy struct {
	generation
	a *ledger.Account
}

func (b *busy) Entered() uint64 {
	n := b.entered
	b.entered++
	b.a.Update(func(t *ledger.Totals) { t.Book(ledger.Tally{Spans: 1}, &report.Result{Exported: 1}, time.Now()) })
	return n
}

func TestSnapshotReadsWhatHasLeftFirst(t *testing.T) {
	t.Parallel()
	l := ledger.New("c", new(ledger.Spools))
	b := &busy{}
	b.a = l.NewAccount(b)
	b.a.Join()
	for range 3 {
		if s := l.Snapshot(); s.Pending() != 0 {
			t.Errorf("%d pending", int64(s.Pending()))
		}
	}
}

// TestSnapshotsAddUpConcurrentSafe takes snapshots while spans come in and are booked, by
// connections that come and go.
func TestSnapshotsAddUpConcurrentSafe(t *testing.T) {
	t.Parallel()
	l := ledger.New("c", new(ledger.Spools))
	var producers sync.WaitGroup
	for range 4 {
		producers.Go(func() {
			for range 100 {
				g := &counting{}
				a := l.NewAccount(g)
				a.Join()
				for range 20 {
					g.entered.Add(3)
					a.Update(func(t *ledger.Totals) {
						t.Book(ledger.Tally{Spans: 3}, &report.Result{Exported: 1, Failed: 1, Spooled: 1, Err: errors.New("no")}, time.Now())
					})
				}
				a.Leave()
			}
		})
	}
	done := make(chan struct{})
	go func() {
		producers.Wait()
		close(done)
	}()
	for {
		s := l.Snapshot()
		if n := s.Pending(); n > 1000 {
			t.Fatalf("%d pending", int64(n))
		}
		if s.Exported != s.Failed || s.Failed != s.Spooled {
			t.Fatalf("a part of an export: %v, %v, %v", s.Exported, s.Failed, s.Spooled)
		}
		select {
		case <-done:
			if s := l.Snapshot(); s.Accepted != 24000 || s.Pending() != 0 {
				t.Errorf("%d accepted, %d pending; want 24000, 0", s.Accepted, s.Pending())
			}
			if _, settled := l.LeftAt(); !settled {
				t.Error("it is not settled")
			}
			return
		default:
		}
	}
}

// counting counts what has entered.
type counting struct {
	generation
	entered atomic.Uint64
}

func (c *counting) Entered() uint64 { return c.entered.Load() }

func TestCounterAddsAdjustedCounts(t *testing.T) {
	t.Parallel()
	var c ledger.Counter
	c.Add(decision.FromProbability(0.25))
	c.Add(decision.Always)
	c.Add(decision.Never) // stands for itself: nothing is known
	if got := c.Load(); got.Spans != 3 || got.Adjusted() != 6 {
		t.Errorf("got %v, want 3 spans that stand for 6", got)
	}
}

// TestAccountIsKeptUntilEverythingHasCome has a connection that goes while spans are on their way.
func TestAccountIsKeptUntilEverythingHasCome(t *testing.T) {
	t.Parallel()
	l := ledger.New("c", new(ledger.Spools))
	g := &generation{entered: 10}
	a := l.NewAccount(g)
	a.Join()
	a.Update(func(t *ledger.Totals) { t.Abandon(ledger.Tally{Spans: 4}, errors.New("gone"), time.Now()) })
	a.Leave()
	check := func(pending, abandoned, exported, failed uint64, settled bool) {
		t.Helper()
		s := l.Snapshot()
		if s.Pending() != pending || s.Abandoned.Spans != abandoned || s.Exported.Spans != exported || s.Failed.Spans != failed {
			t.Errorf("%d pending, %d abandoned, %d exported, %d failed; want %d, %d, %d, %d",
				s.Pending(), s.Abandoned.Spans, s.Exported.Spans, s.Failed.Spans, pending, abandoned, exported, failed)
		}
		if _, got := l.LeftAt(); got != settled {
			t.Errorf("settled: %v, want %v", got, settled)
		}
	}
	check(6, 4, 0, 0, false)
	a.Update(func(t *ledger.Totals) { t.Refuse(ledger.Tally{Spans: 6}) })
	check(0, 4, 0, 6, false)
	a.Update(func(t *ledger.Totals) {
		t.BookLate(ledger.Tally{Spans: 4}, &report.Result{Exported: 4}, t.Tellings, time.Now())
	})
	check(0, 0, 4, 6, true)
	if loss := l.TakeLoss(); loss.Failed != 6 || loss.Abandoned != 0 {
		t.Errorf("told %+v, want 6 failed", loss)
	}
}
