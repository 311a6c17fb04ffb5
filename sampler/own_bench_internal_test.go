package sampler

import (
	"slices"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// BenchmarkOwnShouldSample compares the head, as its own provider asks it, with the SDK's sampler: the
// quotient of medians of turns.
func BenchmarkOwnShouldSample(b *testing.B) {
	var policies []*Policy
	for _, rate := range []float64{1, 0.5, 0.2, 0.1} {
		p, err := NewPolicy(Config{Rate: rate, Error: true, Propagate: true, Rules: []Rule{{Name: "http:*", Sample: 0.1}, {Name: "service:*", Sample: 0.3}}})
		if err != nil {
			b.Fatal(err)
		}
		policies = append(policies, p)
	}
	for _, kind := range []string{"root", "child"} {
		b.Run(kind, func(b *testing.B) {
			h := NewHead(policies...)
			tp := h.NewTracerProvider()
			ours := sdktrace.SamplingParameters{ParentContext: b.Context(), TraceID: trace.TraceID{0: 1, 9: 0xff}, Name: "service:user.login"}
			theirs := ours
			if kind == "child" {
				var span trace.Span
				ours.ParentContext, span = tp.Tracer("x").Start(b.Context(), "root")
				defer span.End()
				ours.TraceID = span.SpanContext().TraceID()
				theirs = ours
			}
			base := sdktrace.TraceIDRatioBased(0.5)
			var a, z []float64
			turn := func(f func()) float64 {
				begin := time.Now()
				for range 2000 {
					f()
				}
				return float64(time.Since(begin)) / 2000
			}
			for b.Loop() {
				a = append(a, turn(func() { ownSampler{h}.ShouldSample(ours) }))
				z = append(z, turn(func() { base.ShouldSample(theirs) }))
			}
			slices.Sort(a)
			slices.Sort(z)
			b.ReportMetric(a[len(a)/2]/z[len(z)/2], "ratio")
			b.ReportMetric(a[len(a)/2], "ours-ns")
			b.ReportMetric(0, "ns/op")
		})
	}
}
