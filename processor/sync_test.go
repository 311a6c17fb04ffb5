package processor_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// TestSynchronousConnectionIsDoneWhenEndReturns ends spans one by one: each is out, or lost, when
// End returns, and they are in order.
func TestSynchronousConnectionIsDoneWhenEndReturns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := processortest.NewFunc(func(call int) processortest.Step {
			if call == 3 {
				return processortest.Step{Err: errors.New("no")}
			}
			return processortest.Step{Delay: 2 * time.Second} // longer than the block timeout
		})
		f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, Sync: true})
		for n := range uint64(5) {
			end(f, n+1, n+2)
			if c := f.Stats().Connections["c"]; c.Pending != 0 || c.Exported+c.Failed != int64(n)+1 || c.SyncFallbackCount != 0 {
				t.Errorf("after span %d: %+v", n+1, c.Counters)
			}
		}
		var group sync.WaitGroup
		for n := range uint64(2) {
			group.Go(func() { end(f, 6+n, 7+n) })
			synctest.Wait()
		}
		group.Wait() // the second one can't have the exporter within the block timeout
		c := f.Stats().Connections["c"]
		if c.Exported != 5 || c.Failed != 1 || c.Dropped.QueueFull != 1 || e.Misuse() != 0 {
			t.Errorf("%d exported, %d failed, %d dropped; want 5, 1, 1", c.Exported, c.Failed, c.Dropped.QueueFull)
		}
		for i, id := range e.Exported() {
			if want := []byte{1, 2, 3, 5, 6}[i]; id[7] != want {
				t.Errorf("export %d is of span %d, want %d", i, id[7], want)
			}
		}
		if lost := mustOnlyLose(t, f.Shutdown(t.Context())); lost == nil || lost.Connections["c"].Failed != 1 || lost.Connections["c"].Dropped != 1 {
			t.Errorf("told %v", lost)
		}
		end(f, 8, 9)
		if c := f.Stats().Connections["c"]; c.Dropped.Closed != 1 {
			t.Errorf("%+v after Shutdown", c.Dropped)
		}
		mustHold(t, f.Stats())
	})
}

// TestSynchronousConnectionIsReplacedWithoutLoss reloads while callers export.
func TestSynchronousConnectionIsReplacedWithoutLoss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all []*processortest.Exporter
		cfg := func() processor.ConnectionConfig {
			e := processortest.NewFunc(func(int) processortest.Step { return processortest.Step{Delay: 10 * time.Millisecond} })
			all = append(all, e)
			return processor.ConnectionConfig{Name: "c", Fingerprint: time.Now().String(), Open: e.Open, Sync: true}
		}
		f := open(t, processor.Options{}, cfg())
		var group sync.WaitGroup
		for g := range uint64(3) {
			group.Go(func() { end(f, g*100+1, g*100+51) })
		}
		for range 10 {
			time.Sleep(77 * time.Millisecond)
			if err := f.Reload(t.Context(), cfg()); err != nil {
				t.Fatal(err)
			}
		}
		group.Wait()
		time.Sleep(time.Second)
		if err := f.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		n := 0
		for _, e := range all {
			n += len(e.Exported())
		}
		if n != 150 || len(all[5].Exported()) == 0 {
			t.Errorf("%d exported, want 150", n)
		}
		mustHold(t, f.Stats())
	})
}
