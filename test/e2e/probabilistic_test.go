package e2e_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// TestProbabilisticSamplerBehindOurs sends everything to a Collector that keeps a quarter by a hash
// of its own. It refuses spans that have a threshold, so that none of ours must have one; nor those
// of a plain SDK service that ours calls.
func TestProbabilisticSamplerBehindOurs(t *testing.T) {
	t.Parallel()
	c := start(t)
	b, _ := open(t, fmt.Sprintf("[trace.quarter]\ndriver = \"otlp\"\nbuffer = 16384\nsetting = { endpoint = \"http://%s\" }\n", c.Quarter))
	// The other service exports with an exporter of ours, but its provider is plain: what it sends has
	// the tracestate that came with the request.
	other, _ := open(t, fmt.Sprintf("[trace.other]\ndriver = \"otlp\"\nbuffer = 16384\nsetting = { endpoint = \"http://%s\" }\n", c.Quarter))
	plain := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(other.SpanProcessor()))
	ours, theirs := b.TracerProvider().Tracer("e2e"), plain.Tracer("e2e")
	const traces = 4000
	for range traces {
		ctx, span := ours.Start(t.Context(), "ours")
		carrier := propagation.MapCarrier{}
		propagation.TraceContext{}.Inject(ctx, carrier)
		if carrier["tracestate"] != "" {
			t.Fatalf("the other service gets %q", carrier["tracestate"])
		}
		_, called := theirs.Start(propagation.TraceContext{}.Extract(t.Context(), carrier), "theirs")
		called.End()
		span.End()
	}
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := other.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // the Collector writes what it keeps
	kept := map[string]int{}
	for _, r := range read(t, c.file("quarter")) {
		kept[r.span.Name()]++
	}
	for _, name := range []string{"ours", "theirs"} {
		if z := (float64(kept[name]) - traces/4) / math.Sqrt(traces*0.25*0.75); math.Abs(z) > 4 {
			t.Errorf("%d of %d spans of %s came through, want a quarter", kept[name], traces, name)
		}
	}
	t.Logf("of %d traces %v came through", traces, kept)
}
