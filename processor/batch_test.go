package processor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// TestDefaultBatchFitsTheQueue ends spans one by one, long before Schedule: the first export
// has as many as a batch holds.
func TestDefaultBatchFitsTheQueue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ queue, batch, want int }{
		{queue: 0, want: 512},
		{queue: 4096, want: 512},
		{queue: 1024, want: 256},
		{queue: 100, want: 25},
		{queue: 3, want: 1},
		{queue: 1, want: 1},
		{queue: 100, batch: 95, want: 90},
		{queue: 100, batch: 7, want: 7},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := processortest.New()
			f := open(t, processor.Options{}, processor.ConnectionConfig{
				Name: "c", Open: e.Open, QueueSize: tc.queue, BatchSize: tc.batch, Schedule: time.Hour,
			})
			n := 0
			for e.Begun() == 0 && n < 2000 {
				n++
				end(f, uint64(n), uint64(n+1))
				synctest.Wait()
			}
			if n != tc.want {
				t.Errorf("queue %d, batch %d: the first export came with span %d, want %d", tc.queue, tc.batch, n, tc.want)
			}
		})
	}
}
