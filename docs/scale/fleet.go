package main

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tracehook/tracehook/decision"
)

// Assumptions are everything that the numbers rest on.
type Assumptions struct {
	SpansPerProcess float64
	SpansPerTrace   int
	Rate            float64 // of each process, by trace id
	Errors, Slow    float64 // of the spans; kept whatever the rate
	TailRate        float64 // of the traces without an error, at the tail sampler
	BytesPerSpan    float64
	Gzip            float64
	FrontSpans      float64 // a second, of one Collector that only routes
	TailSpans       float64 // a second, of one Collector with a tail sampler
	Headroom        float64 // how full a Collector may be
	Wait            time.Duration
	BytesInMemory   float64 // of a span that waits in the tail sampler
	Outage          time.Duration
	Traces          int
	Duration        time.Duration // of a local trace: how long its spans are held
}

func (a Assumptions) check() error {
	for _, share := range []float64{a.Rate, a.Errors, a.Slow, a.TailRate, a.Gzip} {
		if !(share >= 0 && share <= 1) {
			return errors.New("rate, errors, slow, tail and gzip are shares from 0 to 1")
		}
	}
	if a.SpansPerTrace < 1 || a.Traces < 1 || a.SpansPerProcess < 0 || a.FrontSpans <= 0 || a.TailSpans <= 0 {
		return errors.New("trace, traces, front and tailspans must be above 0, spans at least 0")
	}
	return nil
}

// Kept is what sampling leaves, as shares of what ended.
type Kept struct {
	Spans, Traces float64 // sent by the processes
	WholeErrors   float64 // of the traces with an error: those that are sent whole
	Estimate      float64 // adjusted counts of what is sent, over what ended
	Stored        float64 // spans after the tail sampler
	Whole         KeptWhole
}

// KeptWhole is what scope trace leaves, where a trace is what one process records of it.
type KeptWhole struct {
	Spans, Traces, Estimate float64
}

// simulate decides about every span of many traces with the arithmetic that connections use.
func simulate(a Assumptions, seed uint64) Kept {
	r := rand.New(rand.NewPCG(seed, 1)) // the same numbers in every run
	head, tail := decision.FromProbability(a.Rate), decision.FromProbability(a.TailRate)
	var ended, sent, traces, stored, failed, whole, estimate float64
	var all KeptWhole
	for range a.Traces {
		randomness := decision.Randomness(r.Uint64() & (1<<56 - 1))
		another := decision.Randomness(r.Uint64() & (1<<56 - 1)) // the tail sampler draws for itself
		sampled := head.Keeps(randomness)
		spans := 1 + int(r.ExpFloat64()*float64(a.SpansPerTrace-1))
		kept, hasError, urgent := 0, false, false
		for range spans {
			isError, isSlow := r.Float64() < a.Errors, r.Float64() < a.Slow
			hasError, urgent = hasError || isError, urgent || isError || isSlow
			switch {
			case isError, isSlow: // p = 1, th:0
				kept++
				estimate++
			case sampled:
				kept++
				estimate += head.AdjustedCount()
			}
		}
		all.add(spans, urgent, sampled, head)
		ended += float64(spans)
		sent += float64(kept)
		if kept > 0 {
			traces++
		}
		if hasError {
			failed++
			if kept == spans {
				whole++
			}
		}
		if hasError || tail.Keeps(another) {
			stored += float64(kept)
		}
	}
	return Kept{
		Spans: sent / ended, Traces: traces / float64(a.Traces), WholeErrors: whole / max(failed, 1),
		Estimate: estimate / ended, Stored: stored / ended,
		Whole: KeptWhole{Spans: all.Spans / ended, Traces: all.Traces / float64(a.Traces), Estimate: all.Estimate / ended},
	}
}

// add counts a trace: all its spans are kept, or none.
func (k *KeptWhole) add(spans int, urgent, sampled bool, head decision.Threshold) {
	weight := 1.0
	switch {
	case urgent: // the threshold of the trace is 0
	case sampled:
		weight = head.AdjustedCount()
	default:
		return
	}
	k.Spans += float64(spans)
	k.Traces++
	k.Estimate += weight * float64(spans)
}

// Tiers is what a fleet of one size takes.
type Tiers struct {
	Ended, Sent, Stored float64 // spans a second
	Megabits            float64 // a second, from the processes, compressed
	Front, Tail         int     // Collectors; 0 where one tier is enough
	TailMemory          float64 // bytes, of the fullest one
	Spool               float64 // bytes, of one process
}

func (a Assumptions) tiers(processes int, k Kept) Tiers {
	t := Tiers{Ended: a.SpansPerProcess * float64(processes)}
	t.Sent = t.Ended * k.Spans
	t.Stored = t.Ended * k.Stored
	t.Megabits = t.Sent * a.BytesPerSpan * a.Gzip * 8 / 1e6
	t.Tail = a.tailCollectors(t.Sent)
	if t.Tail > 1 { // one needs nobody to route to it
		t.Front = max(int(math.Ceil(t.Sent/(a.FrontSpans*a.Headroom))), 2)
	}
	t.TailMemory = t.Sent * imbalance(t.Tail) / float64(t.Tail) * a.Wait.Seconds() * a.BytesInMemory
	t.Spool = a.SpansPerProcess * k.Spans * a.Outage.Seconds() * a.BytesPerSpan
	return t
}

// tailCollectors returns the smallest number of which the fullest has headroom.
func (a Assumptions) tailCollectors(spans float64) int {
	n := max(int(math.Ceil(spans/(a.TailSpans*a.Headroom))), 1)
	for spans*imbalance(n)/float64(n) > a.TailSpans*a.Headroom {
		n++
	}
	return n
}

// imbalance returns how much more than the mean the fullest of n Collectors gets when trace
// ids are spread on a hash ring with 100 points for each, as the load-balancing exporter
// does.
func imbalance(n int) float64 {
	const points = 100
	r := rand.New(rand.NewPCG(uint64(n), 2)) // the same numbers in every run
	type point struct {
		at    float64
		owner int
	}
	ring := make([]point, 0, n*points)
	for owner := range n {
		for range points {
			ring = append(ring, point{r.Float64(), owner})
		}
	}
	slices.SortFunc(ring, func(a, b point) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	load := make([]float64, n)
	before := ring[len(ring)-1].at - 1
	for _, p := range ring {
		load[p.owner] += p.at - before
		before = p.at
	}
	return slices.Max(load) * float64(n)
}
