package ledger_test

import (
	"testing"

	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// book has spooled spans and counts them.
func spooling(l *ledger.Ledger, g *generation, spooled uint64) *ledger.Account {
	a := l.NewAccount(g)
	a.Join()
	g.entered += spooled
	a.Update(func(t *ledger.Totals) { t.Spooled = t.Spooled.Plus(ledger.Tally{Spans: spooled}) })
	return a
}

// TestSpoolThatIsOpenedAgainIsCountedOnce has a connection that goes and leaves six spans in its
// spool, which another one opens: of the same name or another one, before the first one has gone or
// after, the same spool or another one. The heir delivers five of what it has found, and goes, and
// a third one delivers the rest.
func TestSpoolThatIsOpenedAgainIsCountedOnce(t *testing.T) {
	t.Parallel()
	for _, renamed := range []bool{false, true} {
		for _, late := range []bool{false, true} {
			spools := new(ledger.Spools)
			l := ledger.New("c", spools)
			m := l
			if renamed {
				m = ledger.New("d", spools)
			}
			check := func(when string, pending, replayed, dead, others int64) {
				t.Helper()
				s := l.Snapshot().Spool
				if s.Pending != pending || s.Replayed != replayed || s.Dead != dead {
					t.Errorf("renamed %v, late %v, %s: %+v; want %d pending, %d replayed, %d dead", renamed, late, when, s, pending, replayed, dead)
				}
				if renamed {
					if s := m.Snapshot().Spool; s.Inherited != 0 || s.Pending != others {
						t.Errorf("late %v, %s: the other one has %+v, want %d pending", late, when, s, others)
					}
				}
			}
			first := &generation{spool: report.Counts{Pending: 6, Replayed: 4}, claims: []string{"dir:x"}}
			a := spooling(l, first, 10)
			a.Opened()
			check("at first", 6, 4, 0, 0)
			second := &generation{spool: report.Counts{Inherited: 6, Pending: 6}, claims: []string{"dir:x", "port:1"}}
			b := spooling(m, second, 0)
			if late {
				a.Leave()
				b.Opened()
			} else {
				b.Opened()
				a.Leave()
			}
			check("when it was taken over", 6, 4, 0, 0)
			second.spool = report.Counts{Inherited: 6, Pending: 1, Replayed: 3, Dead: 2}
			check("when a part was delivered", 1, 7, 2, 0)
			third := &generation{spool: report.Counts{Inherited: 1, Pending: 1}, claims: []string{"dir:x"}}
			b.Leave()
			c := spooling(m, third, 0)
			c.Opened()
			check("when it was taken over again", 1, 7, 2, 0)
			third.spool = report.Counts{Inherited: 1, Replayed: 1}
			check("when all were delivered", 0, 8, 2, 0)
			c.Leave()
			check("at the end", 0, 8, 2, 0)
		}
	}
}

func TestAnotherSpoolIsNobodysHeritage(t *testing.T) {
	t.Parallel()
	spools := new(ledger.Spools)
	l := ledger.New("c", spools)
	a := spooling(l, &generation{spool: report.Counts{Pending: 6}, claims: []string{"dir:x"}}, 6)
	a.Opened()
	a.Leave()
	b := spooling(l, &generation{spool: report.Counts{Inherited: 5, Pending: 5}, claims: []string{"dir:y"}}, 0)
	b.Opened()
	if s := l.Snapshot().Spool; s.Pending != 11 || s.Inherited != 5 {
		t.Errorf("%+v, want 11 pending, 5 inherited", s)
	}
}
