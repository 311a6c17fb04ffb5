package sampler_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// fourConnections are policies as a service might have them: error, slow and three rules
// each, at different rates.
func fourConnections(tb testing.TB) []*sampler.Policy {
	tb.Helper()
	var policies []*sampler.Policy
	for i, rate := range []float64{1, 0.5, 0.2, 0.1} {
		policies = append(policies, policy(tb, sampler.Config{
			Connection: fmt.Sprint("c", i), Rate: rate, Error: true, Slow: time.Second, Propagate: true, Dynamic: true,
			Rules: []sampler.Rule{
				{Name: "http:*", Sample: 0.1},
				{Name: "service:*", Sample: 0.3},
				{Name: "service:user.*", Sample: 1, Attrs: map[string][]string{"vip": {"true"}}},
			},
		}))
	}
	return policies
}

// starts are parameters of spans that start: of roots, of children of our own spans, and of
// such children with two foreign tracestate members.
func starts(tb testing.TB, head sdktrace.Sampler) map[string][]sdktrace.SamplingParameters {
	tb.Helper()
	out := map[string][]sdktrace.SamplingParameters{}
	ids := newIDs(1)
	for range 64 {
		id := ids.trace()
		p := sdktrace.SamplingParameters{
			ParentContext: tb.Context(), TraceID: id, Name: "service:user.login",
			Attributes: []attribute.KeyValue{attribute.String("user", "u1"), attribute.Int("n", 3)},
		}
		out["root"] = append(out["root"], p)
		r := head.ShouldSample(p)
		ts := r.Tracestate
		for _, name := range []string{"child", "child with two foreign members"} {
			child := p
			child.ParentContext = trace.ContextWithSpanContext(tb.Context(), spanContext(id, ids.span(), flagsOf(r), ts))
			out[name] = append(out[name], child)
			if ts.Len() < 2 {
				ts = state(tb, ts.String()+",vendor=00f067aa0ba902b7,other=t61rcWkgMzE")
			}
		}
	}
	return out
}

// compare runs ours and theirs in turns and reports how many times theirs ours takes: the
// quotient of the medians. A machine that does other things slows both.
func compare(b *testing.B, ours, theirs func(i int)) {
	b.Helper()
	b.ReportAllocs()
	const calls = 2000
	turn := func(f func(int)) float64 {
		start := time.Now()
		for i := range calls {
			f(i)
		}
		return float64(time.Since(start))
	}
	var a, z []float64
	for b.Loop() {
		a, z = append(a, turn(ours)), append(z, turn(theirs))
	}
	slices.Sort(a)
	slices.Sort(z)
	b.ReportMetric(a[len(a)/2]/z[len(z)/2], "ratio")
	b.ReportMetric(a[len(a)/2]/calls, "ours-ns")
	b.ReportMetric(0, "ns/op") // of two times 2000 calls: no use
}

func BenchmarkShouldSampleOverTraceIDRatioBased(b *testing.B) {
	head, theirs := sampler.NewHead(fourConnections(b)...), sdktrace.TraceIDRatioBased(0.5)
	for name, params := range starts(b, head) {
		b.Run(name, func(b *testing.B) {
			compare(b, func(i int) { head.ShouldSample(params[i&63]) }, func(i int) { theirs.ShouldSample(params[i&63]) })
		})
	}
	var rates []*sampler.Policy
	for _, rate := range []float64{1, 0.5, 0.2, 0.1} {
		rates = append(rates, policy(b, sampler.Config{Rate: rate, Error: true, Propagate: true}))
	}
	simple := sampler.NewHead(rates...)
	for name, params := range starts(b, simple) {
		b.Run("without rules, "+name, func(b *testing.B) {
			compare(b, func(i int) { simple.ShouldSample(params[i&63]) }, func(i int) { theirs.ShouldSample(params[i&63]) })
		})
	}
}

func BenchmarkDroppedOverNeverSample(b *testing.B) {
	head := sampler.NewHead(policy(b, sampler.Config{Rate: 0.000001, Propagate: true}))
	run := func(s sdktrace.Sampler) func(int) {
		tracer := sdktrace.NewTracerProvider(sdktrace.WithSampler(s)).Tracer("bench")
		return func(int) {
			_, span := tracer.Start(b.Context(), "work")
			span.End()
		}
	}
	compare(b, run(head), run(sdktrace.NeverSample()))
}

func Benchmark256RulesOverOne(b *testing.B) {
	one, spans1 := decided(b, 1)
	many, spans256 := decided(b, 256)
	compare(b, func(i int) { many.Decide(&spans256[i&63], 0) }, func(i int) { one.Decide(&spans1[i&63], 0) })
}

// manyRules returns n rules of mixed kinds; the last one decides about the span below.
func manyRules(n int) []sampler.Rule {
	var rules []sampler.Rule
	for i := range n - 1 {
		switch i % 4 {
		case 0:
			rules = append(rules, sampler.Rule{Name: fmt.Sprintf("service:user.op%03d", i), Sample: 0.5})
		case 1:
			rules = append(rules, sampler.Rule{Name: fmt.Sprintf("service:team%03d.*", i), Sample: 0.5})
		case 2:
			rules = append(rules, sampler.Rule{Name: fmt.Sprintf("*.internal%03d", i), Sample: 0.5})
		default:
			rules = append(rules, sampler.Rule{Attrs: map[string][]string{"tenant": {fmt.Sprint("t", i)}}, Sample: 0.5})
		}
	}
	return append(rules, sampler.Rule{Name: "service:user.*", Sample: 0.25})
}

func decided(tb testing.TB, n int) (*sampler.Policy, []decision.Span) {
	tb.Helper()
	p := policy(tb, sampler.Config{Rate: 1, Error: true, Slow: time.Second, Propagate: true, Dynamic: true, Rules: manyRules(n)})
	head := sampler.NewHead(p)
	ids := newIDs(1)
	var spans []decision.Span
	for range 64 {
		id := ids.trace()
		attrs := []attribute.KeyValue{attribute.String("user", "u1"), attribute.Int("n", 3), attribute.Bool("vip", false), attribute.String("tenant", "t0")}
		r := head.ShouldSample(sdktrace.SamplingParameters{ParentContext: tb.Context(), TraceID: id, Name: "service:user.login", Attributes: attrs})
		spans = append(spans, decision.Read(tracetest.SpanStub{
			Name: "service:user.login", Attributes: attrs,
			SpanContext: spanContext(id, ids.span(), flagsOf(r), r.Tracestate),
		}.Snapshot()))
	}
	return p, spans
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			p, spans := decided(b, n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				p.Decide(&spans[i&63], 0)
				i++
			}
		})
	}
}

func BenchmarkShouldSample(b *testing.B) {
	head := sampler.NewHead(fourConnections(b)...)
	for name, params := range starts(b, head) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				head.ShouldSample(params[i&63])
				i++
			}
		})
	}
}
