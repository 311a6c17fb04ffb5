package main

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// floorPairs show what is left of a row when everything of ours is taken out that could be: no
// policies, no ledger, no overflow, no reload. Less isn't possible with official batchers.
func floorPairs() []pair {
	return []pair{{
		name: "floor of OnEnd, 4 connections: facts, size, a credit each", over: "4 plain batchers", target: 1.3, allocs: 0,
		base: batchersOnEnd,
		ours: func(b *testing.B) {
			var m maker
			spans := m.spans(b, sdktrace.NewTracerProvider(m.options()...), fourAttributes()...)
			var gate sync.RWMutex
			f := &floor{batchers: batchers(b, &gate, 4), credits: make([]credit, 4)}
			i := 0
			loopGated(b, &gate, f.batchers.flush, func() {
				i++
				f.OnEnd(spans[i%len(spans)])
			})
		},
	}}
}

// floor reads what an error, a slow span and a byte bound can't do without.
type floor struct {
	batchers processors
	credits  []credit
}

type credit struct {
	word atomic.Uint64
	_    [120]byte
}

func (f *floor) OnEnd(s sdktrace.ReadOnlySpan) {
	sc := s.SpanContext()
	size := decision.SizeOf(s, sc.SpanID())
	urgent := s.Status().Code == codes.Error || s.EndTime().Sub(s.StartTime()) > 1e9
	if !urgent && decision.TraceRandomness(sc.TraceID()) == 0 {
		return
	}
	for i, p := range f.batchers {
		c := &f.credits[i].word
		if before := c.Load(); c.CompareAndSwap(before, before+uint64(size)) {
			p.OnEnd(s)
		}
	}
}

// processors are official batchers side by side.
type processors []sdktrace.SpanProcessor

func batchers(b *testing.B, gate *sync.RWMutex, n int) (all processors) {
	b.Helper()
	for range n {
		all = append(all, sdktrace.NewBatchSpanProcessor(gated{gate}, sdktrace.WithMaxQueueSize(queueSize), sdktrace.WithMaxExportBatchSize(batchSize)))
	}
	b.Cleanup(func() {
		for _, p := range all {
			_ = p.Shutdown(context.Background())
		}
	})
	return all
}

func (all processors) flush(ctx context.Context) error {
	for _, p := range all {
		_ = p.ForceFlush(ctx)
	}
	return nil
}

// batchersOnEnd ends spans on four of them.
func batchersOnEnd(b *testing.B) {
	var m maker
	spans := m.spans(b, sdktrace.NewTracerProvider(m.options()...), fourAttributes()...)
	var gate sync.RWMutex
	all := batchers(b, &gate, 4)
	i := 0
	loopGated(b, &gate, all.flush, func() {
		i++
		for _, p := range all {
			p.OnEnd(spans[i%len(spans)])
		}
	})
}
