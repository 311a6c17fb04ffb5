package bridge_test

import (
	"context"
	"slices"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
)

// blocked is a destination that takes nothing until it is told to.
type blocked struct{ goOn chan struct{} }

func (b blocked) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { <-b.goOn; return nil }
func (blocked) Shutdown(context.Context) error                               { return nil }

func TestABlockedDriverDrivesTheFactorDownAndBack(t *testing.T) {
	t.Parallel()
	goOn := make(chan struct{})
	b, err := otelbridge.New(t.Context(), parse(t, `
[trace.a]
driver = "blocked"
buffer = 1000
batch = 10
overflow = "drop"
[trace.a.sample]
error = false
`), otelbridge.WithDriver("blocked", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		return blocked{goOn}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	tracer := b.TracerProvider().Tracer("test")
	var seen []float64
	step := func() float64 {
		_, span := tracer.Start(t.Context(), "load")
		span.End()
		f := b.Stats().Connections["a"].DynamicSampleFactor
		if len(seen) == 0 || seen[len(seen)-1] != f {
			seen = append(seen, f)
		}
		return f
	}
	for range 100_000 {
		if step() == 0.1 {
			break
		}
	}
	close(goOn)
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for step() != 1 {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it went %v, and not back to 1 in 30 s", seen)
		}
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if down := []float64{1, 0.5, 0.2, 0.1}; len(seen) < 5 || !slices.Equal(seen[:4], down) || !slices.IsSorted(seen[3:]) {
		t.Errorf("the factor went %v, want 1, 0.5, 0.2, 0.1 and up again to 1", seen)
	}
}
