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
	c := begin(t, Config{Name: "c", Overflow: OverflowBlock, BlockTimeout: time.Nanosecond, Open: openSink}, ledger.New("c", new(ledger.Spools)))
	for range c.cfg.QueueSize {
		c.queue.take(true, 1, 0)
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
	c.queue.leave(c.cfg.QueueSize, 0)
	if err := c.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	return weak.Make(held)
}
