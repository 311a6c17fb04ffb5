package bridge_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/codes"
)

// Reloads from scope span to trace and back, and between policies, lose no span and double none.
func TestReloadsBetweenScopes(t *testing.T) {
	t.Parallel()
	conn := func(sample string) string {
		return "[trace]\ndriver = \"kept\"\noverflow = \"block\"\n[trace.sample]\n" + sample
	}
	const rule = "rules = [ { name = \"none\", sample = 0.5 } ]\n"
	b, kept := newBridge(t, conn(rule))
	tracer := b.TracerProvider().Tracer("test")
	var stop atomic.Bool
	var made atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for !stop.Load() {
				ctx, root := tracer.Start(context.Background(), "root")
				for i := range 3 {
					_, child := tracer.Start(ctx, "child")
					if i == 2 {
						child.SetStatus(codes.Error, "")
					}
					child.End()
				}
				root.End()
				made.Add(4)
			}
		})
	}
	for i := range 60 {
		sample := [...]string{rule, "scope = \"trace\"\n" + rule, "scope = \"trace\"\n" + rule + "slow = \"1h\"\n"}[i%3]
		if err := b.Reload(t.Context(), parse(t, conn(sample))); err != nil {
			t.Fatal(err)
		}
		if c := b.Stats().Connections["default"]; c.Offered != c.Held+c.SampledOut+c.RateLimited+c.Dropped.Total()+c.Accepted {
			t.Errorf("%+v", c.Counters)
		}
	}
	stop.Store(true)
	group.Wait()
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := b.Stats().Connections["default"]
	if n := made.Load(); c.Offered != n || c.Exported != n || c.Held != 0 {
		t.Errorf("of %d spans: %+v", n, c.Counters)
	}
	seen := map[[8]byte]bool{}
	for _, s := range kept.Spans() {
		id := s.SpanContext().SpanID()
		if seen[id] {
			t.Fatalf("span %s is exported twice", id)
		}
		seen[id] = true
	}
	if want := min(made.Load(), 10_000); int64(len(seen)) != want { // the driver keeps no more
		t.Errorf("%d of %d spans have arrived", len(seen), made.Load())
	}
}
