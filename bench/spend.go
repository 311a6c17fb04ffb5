package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
)

// spendPairs are the CPU time of a span in the whole process, from its start until the exporter has
// had it: the callers', the batchers' and the garbage collector's. All connections keep all spans and
// discard them.
func spendPairs() (pairs []pair) {
	type row struct {
		name               string
		target             float64
		conns, rules, attr int
	}
	for _, r := range []row{
		{"1 connection", 1.1, 1, 0, 4},
		{"4 connections", 1.1, 4, 0, 4},
		{"16 connections", 1.1, 16, 0, 4},
		{"4 connections, 32 attributes", 1.1, 4, 0, 32},
		{"4 connections, 128 attributes", 1.1, 4, 0, 128},
	} {
		pairs = append(pairs, pair{
			name: "CPU of a span, " + r.name, over: "as many plain batchers", target: r.target, allocs: -1,
			base: func(b *testing.B) {
				tp := plain(b, r.conns, discard{})
				spend(b, tp.ForceFlush, startEndOf(tp, manyAttributes(r.attr)))
			},
			ours: ofRules(r.conns, 0, r.attr),
		})
	}
	return append(pairs, pair{
		name: "CPU of a span, 4 connections, 256 rules", over: "with 1 rule", target: 1.03, allocs: -1,
		base: ofRules(4, 1, 4), ours: ofRules(4, 256, 4),
	})
}

// besidePeers is what this library costs where others are measured.
func besidePeers() []pair {
	return []pair{{
		name: "CPU of a span, tracehook through `Begin`", over: "the SDK, one batcher", allocs: -1,
		base: func(b *testing.B) {
			tp := plain(b, 1, discard{})
			spend(b, tp.ForceFlush, startEndOf(tp, fourAttributes()))
		},
		ours: func(b *testing.B) {
			br, ready := bridge(b, 1, discard{}, ""), fourInMap()
			spend(b, br.ForceFlush, beginEnd(br.Hook(), func() tracehook.Map { return ready }))
		},
	}}
}

// ofRules is a Bridge whose connections have that many rules on names, the last of which matches.
func ofRules(conns, rules, attrs int) func(b *testing.B) {
	var sample strings.Builder
	if rules > 0 {
		sample.WriteString("rules = [\n")
		for i := range rules - 1 {
			fmt.Fprintf(&sample, "{ name = \"service:s%03d.*\", sample = 0.1 },\n", i)
		}
		sample.WriteString("{ name = \"http:*\", sample = 1 },\n]\n")
	}
	return func(b *testing.B) {
		br := bridge(b, conns, discard{}, sample.String())
		spend(b, br.ForceFlush, startEndOf(br.TracerProvider(), manyAttributes(attrs)))
	}
}

func manyAttributes(n int) []attribute.KeyValue {
	attrs := fourAttributes()
	for i := len(attrs); i < n; i++ {
		attrs = append(attrs, attribute.Int(fmt.Sprintf("attribute.%d", i), i))
	}
	return attrs
}

func startEndOf(tp trace.TracerProvider, attrs []attribute.KeyValue) func() {
	tracer, ctx := tp.Tracer("bench"), context.Background()
	return func() {
		_, span := tracer.Start(ctx, "http:users", trace.WithAttributes(attrs...))
		span.End()
	}
}

// spend runs one b.N times, flushes before a queue is full, and reports the CPU time of the process.
func spend(b *testing.B, flush func(context.Context) error, one func()) {
	b.Helper()
	busy(b, func() {
		for i := range b.N {
			one()
			if i%chunk == chunk-1 {
				_ = flush(context.Background())
			}
		}
		_ = flush(context.Background())
	})
}
