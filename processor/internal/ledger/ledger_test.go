package ledger_test

import (
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// generation is what a test says that a connection tells.
type generation struct {
	entered uint64
	opened  bool
	spool   report.Counts
	claims  []string
}

func (g *generation) Entered() uint64      { return g.entered }
func (g *generation) Opened() bool         { return g.opened }
func (g *generation) Spool() report.Counts { return g.spool }
func (g *generation) Claims() []string     { return g.claims }

func TestPartsOfAnExportShareWhatItStoodFor(t *testing.T) {
	t.Parallel()
	l := ledger.New("c")
	all := ledger.Tally{Spans: 10, Extra: 30}
	l.Update(func(t *ledger.Totals) {
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
			l := ledger.New("c")
			l.Join(&generation{opened: true, spool: tc.give})
			if got := l.Snapshot().Spool; got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestSpoolThatIsOpenedAgainIsCountedOnce has connections that go and leave spans in spools,
// which others of the name open: before they go or after, the same spool or another one.
func TestSpoolThatIsOpenedAgainIsCountedOnce(t *testing.T) {
	t.Parallel()
	old := &generation{opened: true, spool: report.Counts{Inherited: 10, Pending: 6, Replayed: 4}, claims: []string{"dir:x"}}
	for name, tc := range map[string]struct {
		next      *generation
		inherited int64
	}{
		"the same":    {&generation{spool: report.Counts{Inherited: 6, Pending: 6}, claims: []string{"dir:x", "port:1"}}, 10},
		"another one": {&generation{spool: report.Counts{Inherited: 6, Pending: 6}, claims: []string{"dir:y"}}, 16},
	} {
		for _, late := range []bool{false, true} {
			l := ledger.New("c")
			next := *tc.next
			l.Join(old)
			l.Opened(old)
			l.Join(&next)
			if !late {
				next.opened = true // while the old one is going: it gets to know what is left later
				l.Opened(&next)
			}
			l.Leave(old)
			if late {
				next.opened = true
				l.Opened(&next)
			}
			if got := l.Snapshot().Spool; got.Inherited != tc.inherited || got.Pending != tc.inherited-4 {
				t.Errorf("%s, opened late: %v: %+v, want %d inherited", name, late, got, tc.inherited)
			}
		}
	}
}

// busy is a connection that a span enters, and leaves exported, as soon as it has said how many
// have entered.
type busy struct {
	generation
	l *ledger.Ledger
}

func (b *busy) Entered() uint64 {
	n := b.entered
	b.entered++
	b.l.Update(func(t *ledger.Totals) { t.Book(ledger.Tally{Spans: 1}, &report.Result{Exported: 1}, time.Now()) })
	return n
}

func TestSnapshotReadsWhatHasLeftFirst(t *testing.T) {
	t.Parallel()
	l := ledger.New("c")
	l.Join(&busy{l: l})
	for range 3 {
		if s := l.Snapshot(); s.Pending() != 0 {
			t.Errorf("%d pending", int64(s.Pending()))
		}
	}
}

// TestSnapshotsAddUpConcurrentSafe takes snapshots while spans come in and are booked.
func TestSnapshotsAddUpConcurrentSafe(t *testing.T) {
	t.Parallel()
	l := ledger.New("c")
	var producers sync.WaitGroup
	for range 4 {
		producers.Go(func() {
			for range 2000 {
				l.Uncredited.Add(3)
				l.Update(func(t *ledger.Totals) {
					t.Book(ledger.Tally{Spans: 3}, &report.Result{Exported: 1, Failed: 1, Spooled: 1, Err: errors.New("no")}, time.Now())
				})
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
		if n := s.Pending(); n > 12 {
			t.Fatalf("%d pending, want at most those of 4 exports", n)
		}
		if s.Exported != s.Failed || s.Failed != s.Spooled {
			t.Fatalf("a part of an export: %v, %v, %v", s.Exported, s.Failed, s.Spooled)
		}
		select {
		case <-done:
			if s := l.Snapshot(); s.Accepted != 24000 || s.Pending() != 0 {
				t.Errorf("%d accepted, %d pending; want 24000, 0", s.Accepted, s.Pending())
			}
			return
		default:
		}
	}
}

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
