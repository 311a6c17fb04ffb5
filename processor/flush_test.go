package processor_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

func TestForceFlushSaysWhatTheBatcherHides(t *testing.T) {
	t.Parallel()
	good := processortest.New()
	bad := processortest.NewFunc(func(int) processortest.Step { return processortest.Step{Err: errors.New("no route")} })
	f := open(t, processor.Options{},
		processor.ConnectionConfig{Name: "good", Open: good.Open},
		processor.ConnectionConfig{Name: "bad", Open: bad.Open, BatchSize: 10})
	end(f, 1, 36)
	err := f.ForceFlush(t.Context())
	// Only the last five are exported by the flush itself: the batcher would report those.
	if err == nil || !strings.Contains(err.Error(), `connection "bad": `) || !strings.Contains(err.Error(), `no route`) {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "good") {
		t.Errorf("the error blames a good connection: %v", err)
	}
	if got := len(good.Exported()); got != 35 {
		t.Errorf("the good one has %d spans, want 35", got)
	}
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Errorf("with nothing new, the next flush says %v", err)
	}
}

func TestForceFlushKeepsToTheCallersTime(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	quick, hung := processortest.New(), processortest.New(processortest.Step{Hang: hang, Deaf: true})
	f := open(t, processor.Options{},
		processor.ConnectionConfig{Name: "hung", Open: hung.Open},
		processor.ConnectionConfig{Name: "quick", Open: quick.Open})
	end(f, 1, 11)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	flushed := make(chan error, 1)
	go func() { flushed <- f.ForceFlush(ctx) }()
	eventually(t, "the quick one has its spans, and the other hangs", func() bool {
		return f.Stats().Connections["quick"].Exported == 10 && f.Stats().Connections["quick"].Pending == 0 && hung.Busy() == 1
	})
	cancel()
	err := <-flushed
	if want := `connection "hung": 10 spans are still waiting to be exported: context canceled`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := len(quick.Exported()); got != 10 {
		t.Errorf("the quick one has %d spans, want 10", got)
	}
	err = f.ForceFlush(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	// The flush that nobody waits for any more must not have broken anything.
	close(hang)
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(hung.Exported()); got != 10 {
		t.Errorf("the hung one has %d spans, want 10", got)
	}
}

func TestForceFlushManyTimesOutWithoutLosingPlacesConcurrentSafe(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	e := processortest.New(processortest.Step{Hang: hang, Deaf: true})
	f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, QueueSize: 8, BatchSize: 2})
	end(f, 1, 4)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			defer cancel()
			_ = f.ForceFlush(ctx)
		})
	}
	group.Wait()
	close(hang)
	for from := uint64(10); from < 500; from += 8 {
		if err := f.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		end(f, from, from+8)
	}
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.Stats().Connections["c"]; got.Dropped.Total() != 0 || got.Exported != 3+62*8 {
		t.Errorf("%d dropped, %d exported; want 0, %d", got.Dropped.Total(), got.Exported, 3+62*8)
	}
}

func TestForceFlushWaitsForTheSpool(t *testing.T) {
	t.Parallel()
	s := &spooling{}
	f, release := stuckSpool(t, s)
	defer release()
	end(f, 1, 24)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := f.ForceFlush(ctx); err == nil {
		t.Error("it claims to have flushed a hung exporter")
	}
}

func TestForceFlushAfterShutdownDoesNothing(t *testing.T) {
	t.Parallel()
	e := processortest.New()
	f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open})
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
}
