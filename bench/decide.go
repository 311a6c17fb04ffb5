package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/sampler"
)

// ended returns a span as processors see it, made by a provider with this sampler. Its
// trace id has the highest randomness: every rate above zero keeps it.
func ended(b *testing.B, head sdktrace.Sampler, attrs ...attribute.KeyValue) sdktrace.ReadOnlySpan {
	b.Helper()
	var m maker
	return m.spans(b, sdktrace.NewTracerProvider(append(m.options(), sdktrace.WithSampler(head))...), attrs...)[0]
}

// maker makes spans that have ended.
type maker struct {
	ids highest
	capture
}

func (m *maker) options() []sdktrace.TracerProviderOption {
	return []sdktrace.TracerProviderOption{sdktrace.WithSpanProcessor(m), sdktrace.WithIDGenerator(&m.ids)}
}

// spans returns spans of tp, which has m's options. They have different ids: the size of one in sixteen
// is looked at more closely, see decision.SizeOf.
func (m *maker) spans(b *testing.B, tp trace.TracerProvider, attrs ...attribute.KeyValue) (spans [16]sdktrace.ReadOnlySpan) {
	b.Helper()
	for i := range spans {
		m.ids.span = byte(i + 1)
		_, span := tp.Tracer("bench").Start(context.Background(), "http:users", trace.WithAttributes(attrs...))
		span.End()
		if m.span == nil {
			b.Fatal("the span was not recorded")
		}
		spans[i] = m.span
	}
	return spans
}

type highest struct{ span byte }

func (h *highest) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	id := trace.TraceID{}
	for i := range id {
		id[i] = 0xff
	}
	return id, trace.SpanID{0: 1, 7: h.span}
}

func (*highest) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return trace.SpanID{2} }

type capture struct{ span sdktrace.ReadOnlySpan }

func (*capture) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (c *capture) OnEnd(s sdktrace.ReadOnlySpan)                 { c.span = s }
func (*capture) Shutdown(context.Context) error                  { return nil }
func (*capture) ForceFlush(context.Context) error                { return nil }

func endPairs() (pairs []pair) {
	for _, row := range []struct {
		name   string
		allocs int64
		sample func(i int) string
	}{
		{"thresholds agree", 0, func(int) string { return rules }},
		{"each differs", 4, func(i int) string { return fmt.Sprintf("rate = 0.%d\nerror = true\nslow = \"1s\"\n", 9-i) }},
	} {
		pairs = append(pairs, pair{
			name: "OnEnd, 4 connections, " + row.name, over: "4 plain batchers", target: 1.3, allocs: row.allocs, base: batchersOnEnd,
			ours: func(b *testing.B) {
				var gate sync.RWMutex
				var m maker
				br := bridgeOf(b, 4, gated{&gate}, row.sample, otelbridge.WithTracerProviderOptions(m.options()...))
				spans := m.spans(b, br.TracerProvider(), fourAttributes()...)
				p := br.SpanProcessor()
				i := 0
				loopGated(b, &gate, br.ForceFlush, func() {
					i++
					p.OnEnd(spans[i%len(spans)])
				})
			},
		})
	}
	return pairs
}

func headPairs() []pair {
	params := func() sdktrace.SamplingParameters {
		id := trace.TraceID{0: 1, 9: 0x80}
		return sdktrace.SamplingParameters{ParentContext: context.Background(), TraceID: id, Name: "http:users", Kind: trace.SpanKindServer, Attributes: fourAttributes()}
	}
	return []pair{{
		name: "Head.ShouldSample, 4 connections", over: "`TraceIDRatioBased`", target: 1, allocs: 0,
		base: func(b *testing.B) { shouldSample(b, sdktrace.TraceIDRatioBased(0.1), params()) },
		ours: func(b *testing.B) { shouldSample(b, bridge(b, 4, discard{}, rules).Sampler(), params()) },
	}}
}

func shouldSample(b *testing.B, s sdktrace.Sampler, p sdktrace.SamplingParameters) {
	b.Helper()
	busy(b, func() {
		for range b.N {
			s.ShouldSample(p)
		}
	})
}

func rulePairs() []pair {
	policy := func(b *testing.B, n int) {
		b.Helper()
		c := sampler.Config{Connection: "bench", Rate: 0.5, Error: true}
		for i := range n {
			c.Rules = append(c.Rules, sampler.Rule{Name: fmt.Sprintf("service:s%03d.*", i), Sample: 0.1})
		}
		p, err := sampler.NewPolicy(c)
		if err != nil {
			fail(b, err)
		}
		s := decision.Read(ended(b, sampler.NewHead(p), fourAttributes()...))
		busy(b, func() {
			for range b.N {
				p.Decide(&s, 0)
			}
		})
	}
	return []pair{{
		name: "a decision with 256 rules", over: "with 1 rule", target: 2, allocs: 0,
		base: func(b *testing.B) { policy(b, 1) },
		ours: func(b *testing.B) { policy(b, 256) },
	}}
}

// filePairs export batches to files on the same disk; one operation is one span.
func filePairs() []pair {
	batch := func(b *testing.B) []sdktrace.ReadOnlySpan {
		b.Helper()
		s := ended(b, sdktrace.AlwaysSample(), fourAttributes()...)
		spans := make([]sdktrace.ReadOnlySpan, 256)
		for i := range spans {
			spans[i] = s
		}
		return spans
	}
	return []pair{
		{
			name: "file driver, JSON, a span", over: "`stdouttrace` to a file", target: 0.05, allocs: 0,
			base: func(b *testing.B) {
				f, err := os.Create(filepath.Join(b.TempDir(), "stdouttrace.log"))
				if err != nil {
					fail(b, err)
				}
				e, err := stdouttrace.New(stdouttrace.WithWriter(f))
				if err != nil {
					fail(b, err)
				}
				export(b, e, batch(b))
			},
			ours: func(b *testing.B) { export(b, newFile(b), batch(b)) },
		},
		{
			name: "file driver, JSON, a span", over: "appending the same bytes ready-made", target: 3, allocs: 0,
			base: func(b *testing.B) { appendReady(b, batch(b)) },
			ours: func(b *testing.B) { export(b, newFile(b), batch(b)) },
		},
	}
}

func newFile(b *testing.B) *file.Exporter {
	b.Helper()
	e, err := file.New(filepath.Join(b.TempDir(), "trace.log"), file.WithMaxSize(1<<40))
	if err != nil {
		fail(b, err)
	}
	return e
}

func export(b *testing.B, e sdktrace.SpanExporter, spans []sdktrace.ReadOnlySpan) {
	b.Helper()
	b.Cleanup(func() { _ = e.Shutdown(context.Background()) })
	busy(b, func() {
		for n := b.N; n > 0; n -= len(spans) {
			if err := e.ExportSpans(context.Background(), spans[:min(n, len(spans))]); err != nil {
				fail(b, err)
			}
		}
	})
}

// appendReady writes what the file driver wrote of these spans, one write for a batch.
func appendReady(b *testing.B, spans []sdktrace.ReadOnlySpan) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "trace.log")
	e, err := file.New(path)
	if err != nil {
		fail(b, err)
	}
	if err := e.ExportSpans(context.Background(), spans); err != nil {
		fail(b, err)
	}
	if err := e.Shutdown(context.Background()); err != nil {
		fail(b, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		fail(b, err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		fail(b, err)
	}
	b.Cleanup(func() { _ = f.Close() })
	line := len(data) / len(spans)
	busy(b, func() {
		for n := b.N; n > 0; n -= len(spans) {
			if _, err := io.Writer(f).Write(data[:line*min(n, len(spans))]); err != nil {
				fail(b, err)
			}
		}
	})
}
