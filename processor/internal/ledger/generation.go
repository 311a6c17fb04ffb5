package ledger

import (
	"slices"
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// Generation is a connection that reports to a ledger: one of those that have had its name.
type Generation interface {
	// Entered returns how many spans its queue has ever let in.
	Entered() uint64
	// Opened reports whether it has an exporter.
	Opened() bool
	// Spool returns what its exporter counts itself; zero without one.
	Spool() report.Counts
	// Claims returns what the exporter has for itself.
	Claims() []string
}

// generations are the connections that share a ledger. Those that have gone are sums.
type generations struct {
	joined  uint64 // ever
	current []Generation

	leftAt  time.Time // of the last one that has gone
	entered uint64
	spool   report.Counts

	// A connection that goes leaves spans in its spool: orphans. When another one opens
	// that spool it counts them as inherited, which they were once before: adopted is
	// subtracted from that.
	orphans []orphans
	adopted uint64
}

type orphans struct {
	claims []string
	spans  uint64
}

func (l *Ledger) updateGenerations(change func(*generations)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := *l.generations.Load()
	next.current, next.orphans = slices.Clone(next.current), slices.Clone(next.orphans)
	change(&next)
	l.generations.Store(&next)
}

// Join adds a generation.
func (l *Ledger) Join(c Generation) {
	l.updateGenerations(func(g *generations) {
		g.joined++
		g.current = append(g.current, c)
	})
}

// Leave removes a generation whose queue lets nobody in, and keeps its numbers.
func (l *Ledger) Leave(c Generation) {
	l.updateGenerations(func(g *generations) {
		at := slices.Index(g.current, c)
		if at < 0 {
			return
		}
		g.current = slices.Delete(g.current, at, at+1)
		g.leftAt = time.Now()
		g.entered += c.Entered()
		n := c.Spool()
		g.spool = g.spool.Plus(n)
		if n.Pending > 0 {
			g.orphans = append(g.orphans, orphans{c.Claims(), uint64(n.Pending)})
		}
		for _, other := range g.current {
			if other.Opened() {
				g.adopt(other)
			}
		}
	})
}

// Opened says that c has an exporter, which has counted what it found in its spool.
func (l *Ledger) Opened(c Generation) {
	l.updateGenerations(func(g *generations) { g.adopt(c) })
}

// adopt gives c the orphans of connections that claimed the same.
func (g *generations) adopt(c Generation) {
	g.orphans = slices.DeleteFunc(g.orphans, func(o orphans) bool {
		overlaps := Overlap(o.claims, c.Claims())
		if overlaps {
			g.adopted += o.spans
		}
		return overlaps
	})
}

// Overlap reports whether two lists of claims have one in common.
func Overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

// WasUsed reports whether any connection has ever joined.
func (l *Ledger) WasUsed() bool { return l.generations.Load().joined > 0 }

// LeftAt returns when the last connection has gone, and whether none is left.
func (l *Ledger) LeftAt() (at time.Time, none bool) {
	g := l.generations.Load()
	return g.leftAt, len(g.current) == 0
}
