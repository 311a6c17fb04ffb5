package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/bench/cpu"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
)

// Both sides get the same queue, and the benchmark flushes outside the timer before it
// can fill: what is compared is the cost of a span that arrives, not of one that is lost.
const (
	queueSize = 8192
	batchSize = 512
	chunk     = 4096
)

type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                             { return nil }

// gated discards, but only while nobody holds the gate. A batcher that keeps up with its
// producer is asleep whenever a span comes, and waking it costs more than everything that is
// measured here; one that can't keep up never sleeps. Which of both happens depends on the
// speed of the producer, so a row that compares producers holds the gate while it measures.
type gated struct{ gate *sync.RWMutex }

func (g gated) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	g.gate.RLock()
	defer g.gate.RUnlock()
	return nil
}

func (gated) Shutdown(context.Context) error { return nil }

// plain is what an application has today: n official batchers on one provider.
func plain(b *testing.B, n int, e sdktrace.SpanExporter, opts ...sdktrace.TracerProviderOption) *sdktrace.TracerProvider {
	b.Helper()
	for range n {
		opts = append(opts, sdktrace.WithBatcher(e,
			sdktrace.WithMaxQueueSize(queueSize), sdktrace.WithMaxExportBatchSize(batchSize), sdktrace.WithBatchTimeout(200*time.Millisecond)))
	}
	tp := sdktrace.NewTracerProvider(opts...)
	b.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
	return tp
}

// rules are the connection's policy of these measurements: error, slow and three rules.
const rules = `
error = true
slow = "1s"
rules = [
  { name = "http:*", sample = 1 },
  { name = "service:user.*", sample = 1, attrs = { vip = true } },
  { name = "queue:*", sample = 1 },
]
`

// bridge is ours with n connections of the given sample table.
func bridge(b *testing.B, n int, e sdktrace.SpanExporter, sample string) *otelbridge.Bridge {
	b.Helper()
	return bridgeOf(b, n, e, func(int) string { return sample })
}

// bridgeOf is [bridge] with a sample table for each connection. Its exporters read no span, nor does
// redaction, which has rows of its own.
func bridgeOf(b *testing.B, n int, e sdktrace.SpanExporter, sample func(i int) string, opts ...otelbridge.Option) *otelbridge.Bridge {
	b.Helper()
	var toml strings.Builder
	toml.WriteString("[otel]\nredact = false\n")
	for i := range n {
		fmt.Fprintf(&toml, "[trace.c%d]\ndriver = \"discard\"\nbuffer = %d\nbatch = %d\noverflow = \"drop\"\n[trace.c%d.sample]\ndynamic = false\n%s\n", i, queueSize, batchSize, i, sample(i))
	}
	cfg, err := config.Parse([]byte(toml.String()), "toml")
	if err != nil {
		fail(b, err)
	}
	br, err := otelbridge.New(context.Background(), cfg, append(opts, otelbridge.WithDriver("discard",
		func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return e, nil }))...)
	if err != nil {
		fail(b, err)
	}
	b.Cleanup(func() { _ = br.Shutdown(context.Background()) })
	return br
}

// loop runs one b.N times and flushes between chunks, outside the timer. It reports CPU time: the process does
// nothing else while the timer runs.
func loop(b *testing.B, flush func(context.Context) error, one func()) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	var spent time.Duration
	for left := b.N; left > 0; left -= chunk {
		before := cpu.Time()
		for range min(left, chunk) {
			one()
		}
		spent += cpu.Time() - before
		b.StopTimer()
		_ = flush(context.Background())
		b.StartTimer()
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), cpuMetric)
}

// loopGated is [loop] with the gate held while the timer runs.
func loopGated(b *testing.B, gate *sync.RWMutex, flush func(context.Context) error, one func()) {
	b.Helper()
	gate.Lock()
	defer gate.Unlock()
	loop(b, func(ctx context.Context) error {
		gate.Unlock()
		defer gate.Lock()
		return flush(ctx)
	}, one)
}

func fourAttributes() []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("http.request.method", "GET"), attribute.String("http.route", "/users/{id}"),
		attribute.Int("http.response.status_code", 200), attribute.Bool("vip", false),
	}
}

// fourInMap returns the same in a new Map.
func fourInMap() tracehook.Map {
	return tracehook.Map{"http.request.method": "GET", "http.route": "/users/{id}", "http.response.status_code": 200, "vip": false}
}

func startEnd(tracer trace.Tracer) func() {
	ctx := context.Background()
	return func() {
		_, span := tracer.Start(ctx, "http:users", trace.WithAttributes(fourAttributes()...))
		span.End()
	}
}

func startPairs() (pairs []pair) {
	for _, n := range []int{1, 4} {
		pairs = append(pairs, pair{
			name: fmt.Sprintf("Start+End, 4 attributes, connections: %d", n), over: "as many plain batchers", target: 1.1, allocs: 0,
			base: plainStartEnd(n),
			ours: func(b *testing.B) {
				var gate sync.RWMutex
				br := bridge(b, n, gated{&gate}, rules)
				loopGated(b, &gate, br.ForceFlush, startEnd(br.TracerProvider().Tracer("bench")))
			},
		})
	}
	return pairs
}

func plainStartEnd(n int) func(b *testing.B) {
	return func(b *testing.B) {
		var gate sync.RWMutex
		tp := plain(b, n, gated{&gate})
		loopGated(b, &gate, tp.ForceFlush, startEnd(tp.Tracer("bench")))
	}
}

// beginPairs compares the framework's API with OTel's own on the same provider and the
// same four attributes.
func beginPairs() (pairs []pair) {
	ready := fourInMap()
	for _, row := range []struct {
		name   string
		target float64
		attrs  func() tracehook.Map
	}{
		{"a ready Map", 1.1, func() tracehook.Map { return ready }},
		{"a Map literal", 1.25, fourInMap},
		{"TraceAttrs", 1.4, func() tracehook.Map {
			return tracehook.TraceAttrs("user", tracehook.TraceKindHTTP, "/users/{id}", tracehook.Map{"vip": false})
		}},
	} {
		pairs = append(pairs, pair{
			name: "Begin+End with " + row.name, over: "Start+End", target: row.target, allocs: -1,
			base: plainStartEnd(1),
			ours: func(b *testing.B) {
				var gate sync.RWMutex
				tp := plain(b, 1, gated{&gate})
				loopGated(b, &gate, tp.ForceFlush, beginEnd(otelbridge.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp), row.attrs))
			},
		})
	}
	return pairs
}

func beginEnd(hook tracehook.TraceHook, attrs func() tracehook.Map) func() {
	meta := tracehook.NewMeta()
	return func() { hook.Begin(meta, "http:users", attrs()).End() }
}

func dropPairs() []pair {
	const nothing = "rate = 0\nerror = false\n"
	never := func(b *testing.B) {
		tp := plain(b, 1, discard{}, sdktrace.WithSampler(sdktrace.NeverSample()))
		loop(b, tp.ForceFlush, startEnd(tp.Tracer("bench")))
	}
	return []pair{
		{
			name: "a span dropped at the head", over: "`NeverSample`", target: 1.1, allocs: 0, base: never,
			ours: func(b *testing.B) {
				br := bridge(b, 4, discard{}, nothing)
				loop(b, br.ForceFlush, startEnd(br.TracerProvider().Tracer("bench")))
			},
		},
		{
			name: "the same through Begin", over: "`NeverSample`", target: 1.5, allocs: -1, base: never,
			ours: func(b *testing.B) {
				br := bridge(b, 4, discard{}, nothing)
				ready := fourInMap()
				loop(b, br.ForceFlush, beginEnd(br.Hook(), func() tracehook.Map { return ready }))
			},
		},
	}
}
