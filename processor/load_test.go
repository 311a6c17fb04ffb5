package processor_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// steady takes the same time for each span.
type steady struct {
	each  time.Duration
	spans atomic.Int64
}

func (s *steady) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	time.Sleep(time.Duration(len(spans)) * s.each)
	s.spans.Add(int64(len(spans)))
	return nil
}

func (*steady) Shutdown(context.Context) error { return nil }

func (s *steady) open(context.Context) (sdktrace.SpanExporter, error) { return s, nil }

// TestWaitersAreServedInTheOrderOfArrival has many goroutines end spans in a loop before a
// connection that is slower than they are. In a fair line each span waits as long as the
// exporter needs for one of every goroutine.
func TestWaitersAreServedInTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		goroutines, queue, batch int
		each                     time.Duration
	}{
		{4, 16, 4, time.Millisecond},
		{32, 16, 4, time.Millisecond},
		{256, 0, 0, time.Millisecond},
		{1024, 16, 4, 400 * time.Microsecond},
		{4096, 0, 0, 100 * time.Microsecond},
	} {
		t.Run(strconv.Itoa(tc.goroutines), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const loops = 10
				e := &steady{each: tc.each}
				f := open(t, processor.Options{}, processor.ConnectionConfig{
					Name: "c", Open: e.open, QueueSize: tc.queue, BatchSize: tc.batch, Overflow: processor.OverflowBlock,
				})
				base := processortest.Span(1)
				waits := make([][]time.Duration, tc.goroutines)
				var group sync.WaitGroup
				for g := range tc.goroutines {
					group.Go(func() {
						for i := range loops {
							start := time.Now()
							f.OnEnd(lightly(base, uint64(g*loops+i+1)))
							waits[g] = append(waits[g], time.Since(start))
						}
					})
				}
				group.Wait()
				all := slices.Sorted(func(yield func(time.Duration) bool) {
					for _, w := range waits {
						for _, d := range w {
							if !yield(d) {
								return
							}
						}
					}
				})
				time.Sleep(time.Minute) // the batcher's lock is held during exports, which stops a synthetic clock
				if err := f.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				c := f.Stats().Connections["c"]
				mustHold(t, f.Stats())
				fair := time.Duration(tc.goroutines) * tc.each
				if p99 := all[len(all)*99/100]; c.Exported != int64(len(all)) || p99 > 2*fair {
					t.Errorf("%d of %d spans exported; p99 %v, longest %v, fair %v", c.Exported, len(all), p99, all[len(all)-1], fair)
				}
			})
		})
	}
}

// TestSpanThatIsLostHasWaitedItsTime has a line that is longer than the block timeout.
func TestSpanThatIsLostHasWaitedItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &steady{each: 10 * time.Millisecond}
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "c", Open: e.open, QueueSize: 16, BatchSize: 4, Overflow: processor.OverflowBlock, BlockTimeout: 300 * time.Millisecond,
		})
		var lost, waited atomic.Int64
		var group sync.WaitGroup
		for g := range 100 {
			group.Go(func() {
				for i := range 5 {
					start := time.Now()
					f.OnEnd(processortest.Span(uint64(g*5 + i + 1)))
					switch d := time.Since(start); {
					case d > 300*time.Millisecond:
						t.Errorf("a caller waited %v", d)
					case d == 300*time.Millisecond:
						waited.Add(1)
					}
				}
			})
		}
		group.Wait()
		time.Sleep(time.Minute)
		_ = mustOnlyLose(t, f.Shutdown(t.Context()))
		c := f.Stats().Connections["c"]
		lost.Store(c.Dropped.QueueFull)
		if lost.Load() == 0 || waited.Load() < lost.Load() {
			t.Errorf("%d spans lost, %d waited their whole time", lost.Load(), waited.Load())
		}
	})
}

// TestWaitsForManyConnectionsRunAtOnce has six connections that hang, beside one that has no room
// for 20 ms: the caller waits for the slowest, and the live one has its span when it has room.
func TestWaitsForManyConnectionsRunAtOnce(t *testing.T) {
	t.Parallel()
	for _, overflow := range []processor.Overflow{processor.OverflowBlock, processor.OverflowSync} {
		synctest.Test(t, func(t *testing.T) {
			hang := make(chan struct{})
			cfg := processor.ConnectionConfig{QueueSize: 4, BatchSize: 4, Overflow: overflow, BlockTimeout: 200 * time.Millisecond, ExportTimeout: time.Hour}
			var conns []processor.ConnectionConfig
			for i := range 6 {
				cfg.Name, cfg.Open = fmt.Sprintf("hung%d", i), processortest.New(processortest.Step{Hang: hang, Deaf: true}).Open
				conns = append(conns, cfg)
			}
			live := processortest.New(processortest.Step{Delay: 20 * time.Millisecond})
			cfg.Name, cfg.Open = "live", live.Open
			f := open(t, processor.Options{}, append(conns, cfg)...)
			end(f, 1, 5)
			synctest.Wait()
			start := time.Now()
			ended := make(chan time.Duration, 1)
			go func() {
				end(f, 5, 6)
				ended <- time.Since(start)
			}()
			time.Sleep(20 * time.Millisecond)
			synctest.Wait()
			if c := f.Stats().Connections["live"]; c.Accepted != 5 {
				t.Errorf("%v: after 20 ms the live connection has %d spans, want 5", overflow, c.Accepted)
			}
			if took := <-ended; took > 250*time.Millisecond {
				t.Errorf("%v: End took %v", overflow, took)
			}
			start = time.Now()
			end(f, 6, 7)
			if took := time.Since(start); took != 0 {
				t.Errorf("%v: with connections that don't move End took %v", overflow, took)
			}
			close(hang)
		})
	}
}
