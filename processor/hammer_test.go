package processor_test

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// TestLedgerIsExactAfterAMillionSpans ends a million spans from 16 goroutines into a fast, a
// slow and a failing connection. With -short it is a tenth of that.
func TestLedgerIsExactAfterAMillionSpans(t *testing.T) {
	t.Parallel()
	total := uint64(1_000_000)
	if testing.Short() {
		total /= 10
	}
	fast := processortest.New()
	slow := processortest.NewFunc(func(int) processortest.Step { return processortest.Step{Delay: 2 * time.Millisecond} })
	failing := processortest.NewFunc(func(call int) processortest.Step {
		switch call % 4 {
		case 0:
			return processortest.Step{Err: errors.New("no route")}
		case 1:
			return processortest.Step{Partial: &processortest.Partial{Exported: 10, Failed: 20}}
		case 2:
			return processortest.Step{Panic: "no"}
		}
		return processortest.Step{}
	})
	f := open(t, processor.Options{},
		processor.ConnectionConfig{Name: "fast", Open: fast.Open, Overflow: processor.OverflowBlock, BlockTimeout: time.Minute},
		processor.ConnectionConfig{Name: "slow", Open: slow.Open},
		processor.ConnectionConfig{Name: "failing", Open: failing.Open})
	const goroutines = 16
	base := processortest.Span(1)
	var group sync.WaitGroup
	for g := range uint64(goroutines) {
		group.Go(func() {
			for n := g + 1; n <= total; n += goroutines {
				f.OnEnd(lightly(base, n))
			}
		})
	}
	for range 100 {
		mustHold(t, f.Stats())
	}
	group.Wait()
	_ = f.Shutdown(t.Context()) // whether the last exports fail is chance
	st := f.Stats()
	mustHold(t, st)
	exactlyOnce(t, "fast", total, fast)
	for name, e := range map[string]*processortest.Exporter{"fast": fast, "slow": slow, "failing": failing} {
		var exported, failed, spooled int64
		for _, c := range e.Calls() {
			exported += int64(len(c.Exported))
			failed += int64(len(c.Failed))
			spooled += int64(len(c.Spooled))
		}
		c := st.Connections[name]
		if c.Offered != int64(total) || c.Exported != exported || c.Failed != failed || c.Spooled != spooled || c.Pending != 0 {
			t.Errorf("%s: the exporter has %d, %d, %d; the ledger says %+v", name, exported, failed, spooled, c.Counters)
		}
		t.Logf("%s: %d exported, %d failed, %d spooled, %d dropped", name, exported, failed, spooled, c.Dropped.QueueFull)
	}
}

// TestSoak ends spans at full speed for a minute, with reloads, and watches the heap. It
// runs with TRACEHOOK_SOAK=1.
//
// It isn't parallel: it measures the heap.
func TestSoak(t *testing.T) {
	if os.Getenv("TRACEHOOK_SOAK") == "" {
		t.Skip("set TRACEHOOK_SOAK=1")
	}
	f := open(t, processor.Options{},
		processor.ConnectionConfig{Name: "a", Open: (&counting{}).open, Overflow: processor.OverflowBlock},
		processor.ConnectionConfig{Name: "b", Open: (&counting{}).open})
	base := processortest.Span(1)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for n := uint64(1); ; n++ {
				select {
				case <-stop:
					return
				default:
					f.OnEnd(lightly(base, n))
				}
			}
		})
	}
	var heaps []int64
	for range 6 {
		<-time.After(10 * time.Second)
		if err := f.Reload(t.Context(),
			processor.ConnectionConfig{Name: "a", Open: (&counting{}).open, Overflow: processor.OverflowBlock},
			processor.ConnectionConfig{Name: "b", Fingerprint: time.Now().String(), Open: (&counting{}).open}); err != nil {
			t.Error(err)
		}
		heaps = append(heaps, heapInUse())
	}
	close(stop)
	group.Wait()
	mustHold(t, f.Stats())
	t.Logf("heap after each ten seconds: %d; %d spans", heaps, f.Stats().Connections["a"].Offered)
	if last, first := heaps[len(heaps)-1], heaps[0]; last > 2*first+(4<<20) {
		t.Errorf("the heap has grown from %d to %d bytes", first, last)
	}
}
