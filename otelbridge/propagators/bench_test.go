package propagators_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/otelbridge/propagators"
	"github.com/tracehook/tracehook/otelbridge/propagators/debugged"
)

// BenchmarkComposite compares a composite with the sum of its parts, in turn, and reports the median of the
// ratios.
func BenchmarkComposite(b *testing.B) {
	all := []propagation.TextMapPropagator{propagators.TraceContext{}, propagation.Baggage{}, debugged.B3{}}
	c := &propagators.Composite{Extractors: all, Injectors: all}
	header := propagation.HeaderCarrier(http.Header{"Traceparent": {parent}, "Tracestate": {"foo=1,bar=2"}, "Baggage": {"k=v"}})
	ctx := context.Background()
	member, err := baggage.NewMember("k", "v")
	if err != nil {
		b.Fatal(err)
	}
	bag, err := baggage.New(member)
	if err != nil {
		b.Fatal(err)
	}
	full := trace.ContextWithSpanContext(baggage.ContextWithBaggage(ctx, bag), extract(propagators.TraceContext{}, http.Header(header)))
	for _, side := range []struct {
		name         string
		whole, parts func()
	}{
		{"extract", func() { c.Extract(ctx, header) }, func() {
			for _, p := range all {
				p.Extract(ctx, header)
			}
		}},
		{"inject", func() { c.Inject(full, propagation.HeaderCarrier{}) }, func() {
			out := propagation.HeaderCarrier{}
			for _, p := range all {
				p.Inject(full, out)
			}
		}},
	} {
		b.Run(side.name, func(b *testing.B) {
			var ratios []float64
			for b.Loop() {
				whole, parts := run(side.whole), run(side.parts)
				ratios = append(ratios, whole.Seconds()/parts.Seconds())
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "ratio")
		})
	}
}

func run(f func()) time.Duration {
	start := time.Now()
	for range 200 {
		f()
	}
	return time.Since(start)
}
