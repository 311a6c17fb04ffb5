package main

import (
	"context"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// overPairs measures what a service with a sampler and a batcher of its own pays for our connections:
// a fifth of its traces is sampled, and of the others everything is recorded, for their errors.
func overPairs() []pair {
	theirs := sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.2))
	const errors = "rate = 0\nerror = true\n"
	return []pair{
		{
			name: "ShouldSample of SamplerOver", over: "their sampler alone", target: 5, allocs: 0,
			base: func(b *testing.B) { sampled(b, theirs) },
			ours: func(b *testing.B) { sampled(b, bridge(b, 1, discard{}, errors).SamplerOver(theirs)) },
		},
		{
			name: "Start+End with SamplerOver and a connection for errors", over: "their sampler and batcher alone", target: 3, allocs: -1,
			base: func(b *testing.B) {
				var gate sync.RWMutex
				tp := plain(b, 1, gated{&gate}, sdktrace.WithSampler(theirs))
				loopGated(b, &gate, tp.ForceFlush, startEnd(tp.Tracer("bench")))
			},
			ours: func(b *testing.B) {
				var gate sync.RWMutex
				br := bridge(b, 1, gated{&gate}, errors)
				tp := plain(b, 1, gated{&gate}, sdktrace.WithSampler(br.SamplerOver(theirs)), sdktrace.WithSpanProcessor(br.SpanProcessor()))
				loopGated(b, &gate, tp.ForceFlush, startEnd(tp.Tracer("bench")))
			},
		},
	}
}

func sampled(b *testing.B, s sdktrace.Sampler) {
	b.Helper()
	p := sdktrace.SamplingParameters{ParentContext: context.Background(), Name: "http:users", Attributes: fourAttributes()}
	busy(b, func() {
		for i := range b.N {
			p.TraceID[8], p.TraceID[0], p.TraceID[15] = byte(i*37), byte(i), byte(i>>8)
			s.ShouldSample(p)
		}
	})
}
