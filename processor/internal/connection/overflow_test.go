package connection

import (
	"context"
	"runtime"
	"testing"
	"time"
	"weak"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// TestSpanThatHasWaitedKeepsNothing holds an Ended as a pool does, after it has waited for a
// connection: what that connection consists of can be freed.
func TestSpanThatHasWaitedKeepsNothing(t *testing.T) {
	t.Parallel()
	s := kept()
	explained := waitOnce(t, s)
	for range 10 {
		if runtime.GC(); explained.Value() == nil {
			runtime.KeepAlive(s)
			return
		}
	}
	t.Error("the span still refers to the connection's Explain")
	runtime.KeepAlive(s)
}

// waitOnce makes s wait for a connection that has no room, and returns what the connection's
// Explain refers to.
func waitOnce(t *testing.T, s *Ended) weak.Pointer[[1024]byte] {
	t.Helper()
	c := begin(t, Config{Name: "c", Overflow: OverflowBlock, BlockTimeout: time.Nanosecond, Open: openSink}, ledger.New("c"))
	for range ordinaryOf(c.cfg.QueueSize) {
		c.gate.take(false)
	}
	held := new([1024]byte)
	c.Offer(s, func(decision.Verdict) []attribute.KeyValue {
		return []attribute.KeyValue{attribute.Int("n", int(held[0]))}
	})
	if !s.MustWait() {
		t.Fatal("the span does not wait")
	}
	s.Wait()
	s.Forget()
	c.gate.give(ordinaryOf(c.cfg.QueueSize))
	if err := c.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	return weak.Make(held)
}

// TestReservedTenthIsForUrgentSpans fills a gate with ordinary spans, then with urgent ones.
func TestReservedTenthIsForUrgentSpans(t *testing.T) {
	t.Parallel()
	g := newGate(100)
	took := map[bool]int{}
	for _, urgent := range []bool{false, true} {
		for g.take(urgent) == admitted {
			took[urgent]++
		}
	}
	if took[false] != 90 || took[true] != 10 || g.load() != 1 {
		t.Errorf("%d ordinary spans and %d urgent ones, load %v; want 90, 10, 1", took[false], took[true], g.load())
	}
	g.give(100)
	if g.pending() != 0 || g.entered() != 100 {
		t.Errorf("%d pending of %d; want 0 of 100", g.pending(), g.entered())
	}
}
