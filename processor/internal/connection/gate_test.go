package connection

import (
	"testing"
	"testing/synctest"
	"time"
)

// fill takes credits until there are no more.
func fill(g *gate, urgent bool, size int64) (n int) {
	for g.take(urgent, 1, size) == admitted {
		n++
	}
	return n
}

// TestLastTenthIsForUrgentSpansUnderALoadThatLasts fills a gate with ordinary spans at once, and
// then keeps it full.
func TestLastTenthIsForUrgentSpansUnderALoadThatLasts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		bytes, size int64
	}{"spans": {1 << 20, 1}, "bytes": {100, 1}} {
		synctest.Test(t, func(t *testing.T) {
			capacity := 100
			if name == "bytes" {
				capacity = 1000
			}
			g := newGate(capacity, tc.bytes, true)
			if n := fill(&g, false, tc.size); n != 100 || g.load() != 1 {
				t.Errorf("%s: a burst of %d, load %v; want 100, 1", name, n, g.load())
			}
			for range 11 { // as fast as ten spans can be exported
				time.Sleep(100 * time.Millisecond)
				g.give(10, 10*tc.size)
				fill(&g, false, tc.size)
			}
			if n := g.pending(); n != 90 {
				t.Errorf("%s: %d ordinary spans after a second, want 90", name, n)
			}
			if n := fill(&g, true, tc.size); n != 10 {
				t.Errorf("%s: %d urgent ones, want 10", name, n)
			}
			time.Sleep(2 * time.Second) // nobody asks
			g.give(100, 100*tc.size)
			if n := fill(&g, false, tc.size); n != 100 {
				t.Errorf("%s: the next burst has %d, want 100", name, n)
			}
			g.give(100, 100*tc.size)
			if g.pending() != 0 || g.load() != 0 {
				t.Errorf("%s: %d pending, load %v", name, g.pending(), g.load())
			}
		})
	}
}

func TestSpanThatIsLargerThanTheBufferGoesAlone(t *testing.T) {
	t.Parallel()
	g := newGate(100, 1000, true)
	if g.take(false, 1, 5000) != admitted {
		t.Error("an empty queue has no room for it")
	}
	if g.take(false, 1, 1) != gateFull || g.take(true, 1, 1) != gateFull {
		t.Error("there is room beside it")
	}
	g.give(1, 5000)
	if fill(&g, false, 300) != 3 || g.take(false, 1, 5000) != gateFull || g.take(false, 1, 100) != admitted {
		t.Error("spans that fit are not let in up to the bound")
	}
}
