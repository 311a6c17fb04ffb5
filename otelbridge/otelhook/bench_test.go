package otelhook_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

// discard is a processor, so that the SDK does all of its own work.
type discard struct{}

func (discard) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (discard) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (discard) Shutdown(context.Context) error                  { return nil }
func (discard) ForceFlush(context.Context) error                { return nil }

func benchHook(s sdktrace.Sampler) (tracehook.TraceHook, trace.Tracer) {
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(discard{}), sdktrace.WithSampler(s))
	return otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp), tp.Tracer("bench")
}

func plainSpan(tr trace.Tracer, ctx context.Context) { //nolint:revive // the tracer is what is measured
	_, s := tr.Start(ctx, "service:user.login", trace.WithAttributes(
		attribute.String("tracehook.service", "user"), attribute.String("tracehook.kind", "server"),
		attribute.String("tracehook.target", "login"), attribute.String("module", "http"),
	), trace.WithSpanKind(trace.SpanKindServer))
	s.End()
}

func readyMap() tracehook.Map {
	return tracehook.Map{"service": "user", "kind": "server", "target": "login", "module": "http"}
}

// BenchmarkHookOverSDK reports how much longer the hook takes than the SDK alone with the
// same attributes, as the ratio of medians of batches that alternate: "x-SDK".
func BenchmarkHookOverSDK(b *testing.B) {
	sampled, tr := benchHook(sdktrace.AlwaysSample())
	dropped, never := benchHook(sdktrace.NeverSample())
	meta, ready := tracehook.NewMeta(), readyMap()
	for _, bb := range []struct {
		name  string
		plain trace.Tracer
		hook  func()
	}{
		{"ready", tr, func() { sampled.Begin(meta, "service:user.login", ready).End() }},
		{"literal", tr, func() {
			sampled.Begin(meta, "service:user.login", tracehook.Map{
				"service": "user", "kind": "server", "target": "login", "module": "http",
			}).End()
		}},
		{"trace attrs", tr, func() {
			sampled.Begin(meta, "service:user.login", tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login",
				tracehook.Map{"module": "http"})).End()
		}},
		{"dropped", never, func() { dropped.Begin(meta, "service:user.login", ready).End() }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			const batch = 200
			ctx := b.Context()
			var plain, hook []time.Duration
			for b.Loop() {
				start := time.Now()
				for range batch {
					plainSpan(bb.plain, ctx)
				}
				between := time.Now()
				for range batch {
					bb.hook()
				}
				plain, hook = append(plain, between.Sub(start)), append(hook, time.Since(between))
			}
			slices.Sort(plain)
			slices.Sort(hook)
			b.ReportMetric(float64(hook[len(hook)/2])/float64(plain[len(plain)/2]), "x-SDK")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkBeginEnd compares the hook with the SDK alone, with the same attributes. Read
// the figures as ratios to "plain" of the same run.
func BenchmarkBeginEnd(b *testing.B) {
	hook, tr := benchHook(sdktrace.AlwaysSample())
	meta := tracehook.NewMeta()
	ready := readyMap()
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			plainSpan(tr, b.Context())
		}
	})
	b.Run("ready", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hook.Begin(meta, "service:user.login", ready).End()
		}
	})
	b.Run("literal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hook.Begin(meta, "service:user.login", tracehook.Map{
				"service": "user", "kind": "server", "target": "login", "module": "http",
			}).End()
		}
	})
	b.Run("trace attrs", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hook.Begin(meta, "service:user.login", tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login",
				tracehook.Map{"module": "http"})).End()
		}
	})
}

// BenchmarkDropped is BenchmarkBeginEnd for spans that the sampler refuses.
func BenchmarkDropped(b *testing.B) {
	hook, tr := benchHook(sdktrace.NeverSample())
	meta := tracehook.NewMeta()
	ready := readyMap()
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			plainSpan(tr, b.Context())
		}
	})
	b.Run("ready", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hook.Begin(meta, "service:user.login", ready).End()
		}
	})
}
