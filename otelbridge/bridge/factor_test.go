package bridge_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
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
	synctest.Test(t, func(t *testing.T) {
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
		for range 2000 { // a burst that fills the queue
			if f := step(); f != 1 {
				t.Fatalf("the factor is %v after a burst", f)
			}
		}
		for step() != 0.1 {
			time.Sleep(10 * time.Millisecond)
		}
		for range 100 {
			step()
		}
		c := b.Stats().Connections["a"]
		if c.Shed < 50 || c.Shed > c.SampledOut || c.Offered != c.SampledOut+c.Dropped.Total()+c.Accepted {
			t.Errorf("shed %d, sampled_out %d of %d spans", c.Shed, c.SampledOut, c.Offered)
		}
		close(goOn)
		var lost *otelbridge.LossError
		if err := b.ForceFlush(t.Context()); !errors.As(err, &lost) || lost.Connections["a"].Dropped != c.Dropped.QueueFull {
			t.Errorf("told %v, want %d dropped", err, c.Dropped.QueueFull)
		}
		for range 300 {
			step()
			time.Sleep(10 * time.Millisecond)
		}
		if want := []float64{1, 0.5, 0.2, 0.1, 0.2, 0.5, 1}; !slices.Equal(seen, want) {
			t.Errorf("the factor went %v, want %v", seen, want)
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// After a burst and a pause nothing is shed, whether or not spans have ended meanwhile, and
// statistics say so.
func TestTheFactorRecoversWhileNothingEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		b, err := otelbridge.New(t.Context(), parse(t, "[trace]\ndriver = \"blocked\"\nbuffer = 1000\noverflow = \"drop\"\n"),
			otelbridge.WithDriver("blocked", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
				return blocked{goOn}, nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		tracer := b.TracerProvider().Tracer("test")
		for range 2000 {
			_, span := tracer.Start(t.Context(), "burst")
			span.End()
			time.Sleep(2 * time.Millisecond)
		}
		if f := b.Stats().DynamicSampleFactor; f != 0.1 {
			t.Fatalf("the factor is %v after four seconds with a full queue, want 0.1", f)
		}
		close(goOn)
		time.Sleep(12 * time.Second)
		before := b.Stats()
		if before.DynamicSampleFactor != 1 {
			t.Errorf("the factor is %v after twelve idle seconds, want 1", before.DynamicSampleFactor)
		}
		for range 200 {
			_, span := tracer.Start(t.Context(), "after")
			span.End()
		}
		var lost *otelbridge.LossError
		if err := b.Shutdown(t.Context()); !errors.As(err, &lost) || lost.Connections["default"].Total() != before.Dropped.QueueFull {
			t.Errorf("told %v, want %d dropped", err, before.Dropped.QueueFull)
		}
		if after := b.Stats(); after.Shed != before.Shed || after.Exported != before.Exported+200 {
			t.Errorf("of 200 spans %d were exported and %d shed", after.Exported-before.Exported, after.Shed-before.Shed)
		}
	})
}
