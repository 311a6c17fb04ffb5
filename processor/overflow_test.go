package processor_test

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

func TestOverflowNamesRoundTrip(t *testing.T) {
	t.Parallel()
	for o := processor.OverflowDrop; o <= processor.OverflowSpool; o++ {
		got, err := processor.ParseOverflow(o.String())
		if got != o || err != nil {
			t.Errorf("%v: got %v, %v", o, got, err)
		}
	}
	if got, err := processor.ParseOverflow("Block"); got != processor.OverflowBlock || err != nil {
		t.Errorf("Block: got %v, %v", got, err)
	}
	_, err := processor.ParseOverflow("blok")
	if want := `overflow "blok" is unknown: use drop, block, sync or spool`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := processor.Overflow(7).String(); got != "overflow(7)" {
		t.Errorf("got %s", got)
	}
}

// stuck is a connection whose exporter hangs and whose queue has places for 20 spans, 18 of
// them for ordinary ones.
func stuck(t *testing.T, cfg processor.ConnectionConfig) (f *processor.Fanout, e *processortest.Exporter, release func()) {
	t.Helper()
	hang := make(chan struct{})
	e = processortest.New(processortest.Step{Hang: hang, Deaf: true})
	cfg.Name, cfg.Open = "stuck", e.Open
	cfg.QueueSize, cfg.BatchSize, cfg.ExportTimeout = 20, 5, time.Hour
	f = open(t, processor.Options{}, cfg)
	return f, e, func() { close(hang) }
}

func since(start time.Time) string { return time.Since(start).String() }

func TestDropNeverWaitsAndKeepsTheLastTenthForErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := processortest.NewFunc(func(int) processortest.Step { return processortest.Step{Delay: 100 * time.Millisecond} })
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "slow", Open: e.Open, QueueSize: 20, BatchSize: 5,
			Decider: decide(func(s *decision.Span, _ float64) decision.Verdict {
				v := decision.Verdict{Keep: true}
				switch n := number(s.Ended); {
				case n > 20000:
					v.Reason = decision.BySlow
				case n > 10000:
					v.Reason = decision.ByError
				}
				return v
			}),
		})
		start := time.Now()
		end(f, 1, 31) // a burst may have all places
		if got := f.Stats().Connections["slow"]; got.Accepted != 20 || got.Dropped.QueueFull != 10 {
			t.Errorf("%d accepted, %d dropped of a burst; want 20, 10", got.Accepted, got.Dropped.QueueFull)
		}
		n := uint64(31)
		for range 15 {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait() // an export ends at the same time
			end(f, n, n+30)
			n += 30
		}
		if got := since(start); got != "1.5s" {
			t.Errorf("ending spans took %s", got)
		}
		if got := f.Stats().Connections["slow"]; got.Pending != 18 {
			t.Errorf("%d are pending after a second, want 18", got.Pending)
		}
		end(f, 10001, 10002) // an error and two slow ones: 2 more places
		end(f, 20001, 20003)
		got := f.Stats().Connections["slow"]
		if got.Pending != 20 || got.Dropped.QueueFull != int64(n)-1+3-got.Accepted {
			t.Errorf("%d accepted, %d pending, %d dropped", got.Accepted, got.Pending, got.Dropped.QueueFull)
		}
		if lost := mustOnlyLose(t, f.Shutdown(t.Context())); lost == nil || lost.Connections["slow"].Dropped != got.Dropped.QueueFull {
			t.Errorf("told: %v, want %d dropped", lost, got.Dropped.QueueFull)
		}
		ids := e.Exported()
		if n := len(ids); binary.BigEndian.Uint64(ids[n-2][:]) != 10001 || binary.BigEndian.Uint64(ids[n-1][:]) != 20001 {
			t.Errorf("the last two are %v: want the error and the first slow one", ids[n-2:])
		}
		mustHold(t, f.Stats())
	})
}

func TestBlockWaitsForRoomAndLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := processortest.NewFunc(func(int) processortest.Step { return processortest.Step{Delay: 100 * time.Millisecond} })
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "slow", Open: e.Open, QueueSize: 20, BatchSize: 10, Overflow: processor.OverflowBlock,
		})
		start := time.Now()
		end(f, 1, 201)
		// 18 fit at once; then room for ten comes back every 100 ms.
		if got := time.Since(start); got < 1800*time.Millisecond || got > 2*time.Second {
			t.Errorf("200 spans took %s, want about 1.9 s", got)
		}
		if err := f.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := f.Stats().Connections["slow"]; got.Exported != 200 || got.Dropped.Total() != 0 {
			t.Errorf("%d exported, %d dropped; want 200, 0", got.Exported, got.Dropped.Total())
		}
	})
}

func TestBlockTimesOutOnceUntilTheConnectionMoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, _, release := stuck(t, processor.ConnectionConfig{Overflow: processor.OverflowBlock, BlockTimeout: 300 * time.Millisecond})
		end(f, 1, 19)
		start := time.Now()
		end(f, 19, 20)
		if got := since(start); got != "300ms" {
			t.Errorf("the first span that finds no room waits %s, want 300ms", got)
		}
		end(f, 20, 120)
		if got := since(start); got != "300ms" {
			t.Errorf("with 100 more spans it is %s: they must not wait", got)
		}
		release()
		synctest.Wait()
		time.Sleep(time.Second) // the rest is exported
		if got := f.Stats().Connections["stuck"]; got.Exported != 18 || got.Dropped.QueueFull != 101 || got.Pending != 0 {
			t.Errorf("%d exported, %d dropped, %d pending; want 18, 101, 0", got.Exported, got.Dropped.QueueFull, got.Pending)
		}
	})
}

func TestBlockWaitsAgainAfterTheConnectionHasMoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := make(chan struct{}), make(chan struct{})
		e := processortest.New(processortest.Step{Hang: first, Deaf: true}, processortest.Step{Hang: second, Deaf: true})
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "stuck", Open: e.Open, QueueSize: 20, BatchSize: 5, ExportTimeout: time.Hour,
			Overflow: processor.OverflowBlock, BlockTimeout: 300 * time.Millisecond,
		})
		end(f, 1, 20) // one timeout
		close(first)
		synctest.Wait() // five places are free again
		start := time.Now()
		end(f, 20, 26)
		if got := since(start); got != "300ms" {
			t.Errorf("five that fit and one that doesn't took %s, want 300ms", got)
		}
		close(second)
		if lost := mustOnlyLose(t, f.Shutdown(t.Context())); lost == nil || lost.Connections["stuck"].Dropped != 2 {
			t.Errorf("told %v, want two dropped", lost)
		}
		mustHold(t, f.Stats())
	})
}

func TestWaitersMoveOnWhenTheConnectionIsShutDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, _, release := stuck(t, processor.ConnectionConfig{Overflow: processor.OverflowBlock, BlockTimeout: time.Hour})
		end(f, 1, 19)
		waited := make(chan time.Duration, 1)
		go func() {
			start := time.Now()
			end(f, 19, 20)
			waited <- time.Since(start)
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.Shutdown(ctx); err == nil {
			t.Error("Shutdown claims success")
		}
		if got := <-waited; got != 0 {
			t.Errorf("the waiting span waited %s longer", got)
		}
		if got := f.Stats().Connections["stuck"].Dropped; got.Closed != 1 {
			t.Errorf("dropped: %+v, want 1 closed", got)
		}
		release()
	})
}

func TestSyncExportsOnTheCallersTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		delay := processortest.Step{Delay: 50 * time.Millisecond}
		e := processortest.New(delay, delay)
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "s", Open: e.Open, QueueSize: 20, BatchSize: 20, Schedule: time.Hour, Overflow: processor.OverflowSync,
		})
		end(f, 1, 19)
		synctest.Wait() // all of them are being exported
		start := time.Now()
		end(f, 19, 20)
		if got := since(start); got != "100ms" {
			t.Errorf("the caller waited %s, want 50ms for the export before, and 50ms for his own", got)
		}
		got := f.Stats().Connections["s"]
		if got.SyncFallbackCount != 1 || got.Exported != 19 || got.FlushCount != 2 || got.Accepted != 19 {
			t.Errorf("%d by callers, %d exported in %d batches, %d accepted; want 1, 19 in 2, 19",
				got.SyncFallbackCount, got.Exported, got.FlushCount, got.Accepted)
		}
		if ids := e.Exported(); len(ids) != 19 || ids[18][7] != 19 {
			t.Errorf("exported: %v", ids)
		}
	})
}

func TestSyncCallerLeavesAndTheExportGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := processortest.New(processortest.Step{Delay: 500 * time.Millisecond}, processortest.Step{Delay: 5 * time.Second})
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "s", Open: e.Open, QueueSize: 20, BatchSize: 20, Schedule: time.Hour, Overflow: processor.OverflowSync,
		})
		end(f, 1, 19)
		synctest.Wait() // all of them are being exported
		start := time.Now()
		end(f, 19, 20)
		if got := since(start); got != "1s" {
			t.Errorf("the caller waited %s, want 1s", got)
		}
		end(f, 20, 38) // the queue is full again
		end(f, 38, 40)
		if got := since(start); got != "2s" {
			t.Errorf("the next two waited until %s: want 2s, one of them its time, and the other not at all", got)
		}
		if got := f.Stats().Connections["s"]; got.Pending != 19 || got.Exported != 18 || got.Dropped.QueueFull != 2 {
			t.Errorf("%d pending, %d exported, %d dropped; want 19, 18, 2", got.Pending, got.Exported, got.Dropped.QueueFull)
		}
		time.Sleep(5 * time.Second)
		if got := f.Stats().Connections["s"]; got.Pending != 0 || got.Exported != 37 || got.SyncFallbackCount != 1 {
			t.Errorf("%d pending, %d exported, %d by callers; want 0, 37, 1", got.Pending, got.Exported, got.SyncFallbackCount)
		}
		mustHold(t, f.Stats())
	})
}

// Ordinary spans can't fill a batch as large as the queue, of which a tenth is reserved. A full
// queue must not wait for the clock all the same.
func TestFullQueueIsExportedAtOnce(t *testing.T) {
	t.Parallel()
	for _, overflow := range []processor.Overflow{processor.OverflowBlock, processor.OverflowSync} {
		synctest.Test(t, func(t *testing.T) {
			e := processortest.New()
			f := open(t, processor.Options{}, processor.ConnectionConfig{
				Name: "c", Open: e.Open, QueueSize: 20, BatchSize: 20, Schedule: time.Hour, Overflow: overflow,
			})
			start := time.Now()
			end(f, 1, 101)
			if got := since(start); got != "0s" {
				t.Errorf("%v: 100 spans into a queue of 20 took %s", overflow, got)
			}
			if err := f.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if got := f.Stats().Connections["c"]; got.Exported != 100 {
				t.Errorf("%v: %d of 100 exported, %d dropped", overflow, got.Exported, got.Dropped.QueueFull)
			}
		})
	}
}

func TestSyncCallerWaitsForABusyExporterNoLongerThanItsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, e, release := stuck(t, processor.ConnectionConfig{Overflow: processor.OverflowSync, BlockTimeout: 200 * time.Millisecond})
		end(f, 1, 19)
		synctest.Wait()
		start := time.Now()
		end(f, 19, 30)
		if got := since(start); got != "200ms" {
			t.Errorf("eleven callers waited %s, want 200ms", got)
		}
		got := f.Stats().Connections["stuck"]
		if got.SyncFallbackCount != 0 || got.Dropped.QueueFull != 11 || e.Begun() != 1 {
			t.Errorf("%d by callers, %d dropped, %d exports; want 0, 11, 1", got.SyncFallbackCount, got.Dropped.QueueFull, e.Begun())
		}
		release()
	})
}

// spooling is an exporter that hangs, with a spool of its own.
type spooling struct {
	*processortest.Exporter
	err     error
	panics  bool
	hang    chan struct{}
	batches []int
}

func (s *spooling) SpoolSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	if s.hang != nil {
		<-s.hang
	}
	if s.panics {
		panic("disk on fire") //nolint:forbidigo // the fault under test
	}
	s.batches = append(s.batches, len(spans))
	return s.err
}

func stuckSpool(t *testing.T, s *spooling) (f *processor.Fanout, release func()) {
	t.Helper()
	hang := make(chan struct{})
	s.Exporter = processortest.New(processortest.Step{Hang: hang, Deaf: true})
	f = open(t, processor.Options{}, processor.ConnectionConfig{
		Name: "spool", Open: func(context.Context) (sdktrace.SpanExporter, error) { return s, nil },
		QueueSize: 20, BatchSize: 5, ExportTimeout: time.Hour, Overflow: processor.OverflowSpool,
	})
	return f, func() { close(hang) }
}

func TestSpoolTakesWhatTheQueueCannot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &spooling{}
		f, release := stuckSpool(t, s)
		start := time.Now()
		end(f, 1, 30) // 18 fit; 11 go to the spool: 5 at once, 5 more, and the last after the schedule
		if got := since(start); got != "0s" {
			t.Errorf("ending spans took %s", got)
		}
		time.Sleep(time.Second)
		got := f.Stats().Connections["spool"]
		if got.Spooled != 11 || got.Pending != 18 || got.SpoolPending != 11 || got.Dropped.Total() != 0 {
			t.Errorf("%d spooled (%d still there), %d pending, %d dropped; want 11 (11), 18, 0",
				got.Spooled, got.SpoolPending, got.Pending, got.Dropped.Total())
		}
		var sum int
		for _, n := range s.batches {
			sum += n
			if n > 5 {
				t.Errorf("a batch of %d spans, at most 5 are allowed", n)
			}
		}
		if sum != 11 {
			t.Errorf("batches: %v", s.batches)
		}
		release()
		if err := f.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		mustHold(t, f.Stats())
	})
}

func TestSpoolThatRefusesDrops(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*spooling{"error": {err: errors.New("disk full")}, "panic": {panics: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f, release := stuckSpool(t, s)
				end(f, 1, 21)
				if got := f.Stats().Connections["spool"]; got.Accepted != 20 || got.Pending != 20 {
					t.Errorf("before: %d accepted, %d pending; want 20, 20", got.Accepted, got.Pending)
				}
				time.Sleep(time.Second)
				got := f.Stats().Connections["spool"]
				if got.Dropped.QueueFull != 2 || got.Accepted != 18 || got.Pending != 18 || got.Offered != 20 {
					t.Errorf("%d dropped, %d accepted, %d pending, %d offered; want 2, 18, 18, 20",
						got.Dropped.QueueFull, got.Accepted, got.Pending, got.Offered)
				}
				if got.Adjusted.Dropped.QueueFull != 2 {
					t.Errorf("adjusted: %+v", got.Adjusted)
				}
				release()
			})
		})
	}
}

func TestSpoolThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &spooling{hang: make(chan struct{})}
		f, release := stuckSpool(t, s)
		end(f, 1, 19+5) // the queue, and a batch for the spool
		synctest.Wait() // which it has taken
		end(f, 24, 29)  // and another one beside it
		start := time.Now()
		end(f, 29, 50)
		if got := since(start); got != "1s" {
			t.Errorf("21 spans waited %s, want 1s: one of them the block timeout, the others not at all", got)
		}
		if got := f.Stats().Connections["spool"]; got.Dropped.QueueFull != 21 || got.Pending != 28 {
			t.Errorf("%d dropped, %d pending; want 21, 28", got.Dropped.QueueFull, got.Pending)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start = time.Now()
		err := f.Shutdown(ctx)
		if got := time.Since(start); err == nil || got > 2*time.Second+100*time.Millisecond {
			t.Errorf("Shutdown: %v after %s", err, got)
		}
		got := f.Stats().Connections["spool"]
		if diff := cmp.Diff([]int64{31, 0, 13, 5}, []int64{got.Dropped.QueueFull, got.Pending, got.Failed, got.Abandoned}); diff != "" {
			t.Errorf("dropped, pending, failed, abandoned (-want +got):\n%s", diff)
		}
		release()
		close(s.hang)
		synctest.Wait()
		mustHold(t, f.Stats())
	})
}

func TestWaitingForOneConnectionDelaysNoOther(t *testing.T) {
	t.Parallel()
	for _, o := range []processor.Overflow{processor.OverflowBlock, processor.OverflowSync} {
		t.Run(o.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hang := make(chan struct{})
				bad, good := processortest.New(processortest.Step{Hang: hang, Deaf: true}), processortest.New()
				f := open(t, processor.Options{},
					processor.ConnectionConfig{
						Name: "bad", Open: bad.Open, QueueSize: 1, ExportTimeout: 2 * time.Hour,
						Overflow: o, BlockTimeout: time.Hour,
					},
					processor.ConnectionConfig{Name: "good", Open: good.Open})
				end(f, 1, 2)
				synctest.Wait()
				ended := make(chan struct{})
				go func() {
					end(f, 2, 3)
					close(ended)
				}()
				time.Sleep(time.Minute)
				select {
				case <-ended:
					t.Error("the caller has not waited for the bad connection")
				default:
				}
				if n := len(good.Exported()); n != 2 {
					t.Errorf("while the caller waits, the good connection has %d spans, want 2", n)
				}
				close(hang)
				<-ended
				if err := f.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if a, b := len(good.Exported()), len(bad.Exported()); a != 2 || b != 2 {
					t.Errorf("%d spans on the good connection, %d on the bad one, want 2 on each", a, b)
				}
			})
		})
	}
}
