package main

import (
	"sync"
	"testing"
	"time"

	"github.com/tracehook/tracehook/docs/figures"
)

// statsTime is how long it takes to ask for the accounts.
func statsTime() source {
	return &absolute{
		row: figures.Row{What: "`Bridge.Stats()` with 4 connections", Unit: "ns", Target: 1000},
		once: func() (float64, error) {
			return perOp(testing.Benchmark(func(b *testing.B) {
				br := bridge(b, 4, discard{}, rules)
				busy(b, func() {
					for range b.N {
						br.Stats()
					}
				})
			})), nil
		},
	}
}

// statsPairs measures what spans cost while Stats is called, over what they cost otherwise.
func statsPairs() []pair {
	spans := func(b *testing.B, ask bool) {
		b.Helper()
		var gate sync.RWMutex
		br := bridge(b, 4, gated{&gate}, rules)
		if ask {
			stop, done := make(chan struct{}), make(chan struct{})
			ticker := time.NewTicker(time.Millisecond)
			go func() {
				defer close(done)
				for {
					select {
					case <-ticker.C:
						br.Stats()
					case <-stop:
						return
					}
				}
			}()
			defer func() { ticker.Stop(); close(stop); <-done }()
		}
		loopGated(b, &gate, br.ForceFlush, startEnd(br.TracerProvider().Tracer("bench")))
	}
	return []pair{{
		name: "Start+End, 4 connections, while `Stats()` is called 1,000 times a second", over: "nobody asks", target: 1.1, allocs: -1,
		base: func(b *testing.B) { spans(b, false) },
		ours: func(b *testing.B) { spans(b, true) },
	}}
}
