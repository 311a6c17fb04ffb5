package processor_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// TestHungAndPanickingConnectionsDoNotSlowTheOthers ends spans on two Fanouts in turn: one with
// four good connections, one with two more, of which one hangs and one panics. It compares
// the 99th percentile of what End takes, and what arrives.
//
// It isn't parallel: it measures time.
func TestHungAndPanickingConnectionsDoNotSlowTheOthers(t *testing.T) {
	const rounds, perRound = 40, 500
	hang := make(chan struct{})
	defer close(hang)
	build := func(bad bool) (*processor.Fanout, []*processortest.Exporter) {
		var conns []processor.ConnectionConfig
		var good []*processortest.Exporter
		for _, name := range []string{"a", "b", "c", "d"} {
			e := processortest.New()
			good = append(good, e)
			conns = append(conns, processor.ConnectionConfig{Name: name, Open: e.Open, QueueSize: 1 << 16})
		}
		for i, name := range []string{"hung", "panics"} {
			e := processortest.NewFunc(func(int) processortest.Step {
				switch {
				case !bad:
					return processortest.Step{}
				case i == 0:
					return processortest.Step{Hang: hang, Deaf: true}
				default:
					return processortest.Step{Panic: "no"}
				}
			})
			// The hung one's queue is full after the first few spans: most of them meet that, too.
			conns = append(conns, processor.ConnectionConfig{Name: name, Open: e.Open, QueueSize: 64, BatchSize: 16})
		}
		return open(t, processor.Options{}, conns...), good
	}
	alone, goodAlone := build(false)
	beside, goodBeside := build(true)
	// Interleaved, and the median of the rounds, so that a busy machine hits both alike. What
	// slows the others down does so in every attempt; a burst of something else does not, however
	// long it takes: the pauses between attempts grow to ten seconds in all.
	const limit, attempts = 1.5, 20
	ended := uint64(0)
	for attempt := 1; ; attempt++ {
		var ratios []float64
		for range rounds {
			a := p99(alone, ended+1, perRound)
			b := p99(beside, ended+1, perRound)
			ended += perRound
			ratios = append(ratios, float64(b)/float64(a))
		}
		slices.Sort(ratios)
		median := ratios[len(ratios)/2]
		t.Logf("p99 of End beside a hung and a panicking connection is %.2f times that without (median of %d)", median, rounds)
		if median <= limit {
			break
		}
		if attempt == attempts {
			t.Errorf("p99 of End is %.2f times as long beside bad connections, want at most %v", median, limit)
			break
		}
		time.Sleep(time.Duration(attempt) * 50 * time.Millisecond)
	}
	for _, f := range []*processor.Fanout{alone, beside} {
		for _, name := range []string{"a", "b", "c", "d"} {
			eventually(t, "everything is delivered", func() bool {
				return f.Stats().Connections[name].Exported == int64(ended)
			})
		}
	}
	for i := range goodAlone {
		if a, b := len(goodAlone[i].Exported()), len(goodBeside[i].Exported()); a != b {
			t.Errorf("connection %d has %d spans alone, %d beside", i, a, b)
		}
	}
	if c := beside.Stats().Connections["panics"]; c.Failed == 0 {
		t.Error("nothing panicked")
	}
	if c := beside.Stats().Connections["hung"]; c.Dropped.QueueFull == 0 {
		t.Error("the hung connection's queue was never full")
	}
}

// p99 ends n spans from two goroutines and returns the 99th percentile of what that took.
func p99(f *processor.Fanout, from uint64, n int) time.Duration {
	took := make([]time.Duration, n)
	var group sync.WaitGroup
	for half := range 2 {
		group.Go(func() {
			for i := half; i < n; i += 2 {
				s := processortest.Span(from + uint64(i))
				start := time.Now()
				f.OnEnd(s)
				took[i] = time.Since(start)
			}
			runtime.Gosched()
		})
	}
	group.Wait()
	slices.Sort(took)
	return took[n*99/100]
}
