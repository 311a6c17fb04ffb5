package connection

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// collector collects what leaves a stage.
type collector struct {
	mu    sync.Mutex
	spans []sdktrace.ReadOnlySpan
}

func (k *collector) OnEnd(s sdktrace.ReadOnlySpan) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spans = append(k.spans, s)
}

func (k *collector) len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.spans)
}

func (*collector) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (*collector) Shutdown(context.Context) error                  { return nil }
func (*collector) ForceFlush(context.Context) error                { return nil }

func queuedSpans(n int) []queued {
	form, all := &copyForm{none: true}, make([]queued, n)
	for i := range all {
		all[i].form, all[i].bytes = form, int64(i)
	}
	return all
}

// Spans go on turn by turn, in their order; the rest with a flush, or when its time has come.
func TestStage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := new(collector)
		g := newStage(k, 512, 200*time.Millisecond)
		all := queuedSpans(1000)
		put := func(from, to int) {
			for i := from; i < to; i++ {
				g.put(&all[i])
			}
		}
		for _, step := range []struct {
			do   func()
			want int
		}{
			{func() { put(0, stageTurn-1) }, 0},
			{func() { put(stageTurn-1, stageTurn) }, stageTurn},
			{func() { put(stageTurn, 2*stageTurn+3) }, 2 * stageTurn},
			{g.flush, 2*stageTurn + 3},
			{func() { put(2*stageTurn+3, 3*stageTurn+1) }, 3 * stageTurn},
			{func() { time.Sleep(mostStaged - 1) }, 3 * stageTurn},
			{func() { time.Sleep(time.Nanosecond) }, 3*stageTurn + 1},
			{func() { put(3*stageTurn+1, 1000) }, 1000 - 1000%stageTurn},
			{func() { time.Sleep(mostStaged) }, 1000},
			{func() { time.Sleep(time.Hour) }, 1000},
		} {
			step.do()
			synctest.Wait()
			if got := k.len(); got != step.want {
				t.Fatalf("%d spans have left, want %d", got, step.want)
			}
		}
		for i, s := range k.spans {
			if s != &all[i] {
				t.Fatalf("span %d has left at %d", s.(*queued).bytes, i) //nolint:errcheck // nothing else was put
			}
		}
	})
}

// No span waits longer than the limit, whatever comes when.
func TestStageInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := new(collector)
		g := newStage(k, 512, 200*time.Millisecond)
		random := rand.New(rand.NewPCG(1, 2))
		all := queuedSpans(20_000)
		put := make([]time.Time, len(all))
		for i := range all {
			g.put(&all[i])
			put[i] = time.Now()
			time.Sleep(time.Duration(random.IntN(2)*random.IntN(2)*random.IntN(40)) * time.Millisecond)
			synctest.Wait()
			if n := k.len(); n <= i && time.Since(put[n]) > mostStaged {
				t.Fatalf("span %d of %d waits for %v", n, i, time.Since(put[n]))
			}
		}
	})
}

// The same for those who put spans while others empty the stage.
func TestStageForgetsNobody(t *testing.T) {
	t.Parallel()
	k := new(collector)
	g := newStage(k, 512, time.Millisecond)
	all := queuedSpans(8 * 3000)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 3000 {
				g.put(&all[w*3000+i])
				if i%7 == 0 {
					time.Sleep(time.Duration(i%3) * 50 * time.Microsecond)
				}
			}
		})
	}
	wg.Wait()
	for end := time.Now().Add(time.Minute); k.len() < len(all); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d spans have left", k.len(), len(all))
		}
	}
}

// Small batches have small turns, and batches that don't wait long don't wait here.
func TestStageOfSmallBatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ batch, want int }{{1, 1}, {127, 1}, {128, 16}, {256, 32}, {512, 64}, {100_000, 64}} {
		k, all := new(collector), queuedSpans(64)
		g := newStage(k, tt.batch, time.Hour)
		for i := range all {
			g.put(&all[i])
			if k.len() > 0 {
				if i+1 != tt.want {
					t.Errorf("batches of %d: turns of %d, want %d", tt.batch, i+1, tt.want)
				}
				break
			}
		}
	}
	if g := newStage(new(collector), 512, time.Millisecond); g.limit != time.Millisecond/schedulePart {
		t.Errorf("a span of a batch that waits for 1 ms waits here for %v", g.limit)
	}
}

// A caller who stops between taking a place and using it delays those behind it, and nobody waits.
func TestStageWhoseCallerStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := new(collector)
		g := newStage(k, 512, 200*time.Millisecond)
		g.tail.Add(1) // a place is taken
		all := queuedSpans(2 * stageSize)
		for i := range all[1:] {
			g.put(&all[1+i])
		}
		if got, want := k.len(), stageSize; got != want { // there is room for the rest of the stage
			t.Fatalf("%d spans have left, want %d", got, want)
		}
		time.Sleep(10 * mostStaged)
		if got := k.len(); got != stageSize {
			t.Fatalf("%d spans have overtaken the first", got-stageSize)
		}
		flushed := make(chan struct{})
		go func() {
			g.flush()
			close(flushed)
		}()
		g.cells[0].span = &all[0]
		g.cells[0].turn.Store(1)
		<-flushed
		if got := k.len(); got != len(all) {
			t.Errorf("%d spans have left, want %d", got, len(all))
		}
	})
}

// The same, without a flush: the timer comes again.
func TestStageComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := new(collector)
		g := newStage(k, 512, 200*time.Millisecond)
		all := queuedSpans(3)
		g.put(&all[0])
		time.Sleep(mostStaged / 2)
		g.tail.Add(1)
		g.put(&all[2])
		time.Sleep(mostStaged)
		if k.len() != 1 {
			t.Fatalf("%d spans have left", k.len())
		}
		g.cells[1].span = &all[1]
		g.cells[1].turn.Store(2)
		time.Sleep(mostStaged)
		if k.len() != 3 {
			t.Errorf("%d spans have left", k.len())
		}
	})
}

// Each span leaves exactly once, whoever puts and flushes at the same time.
func TestStageOfManyGoroutines(t *testing.T) {
	t.Parallel()
	k := new(collector)
	g := newStage(k, 512, 200*time.Millisecond)
	const each = 2000
	all := queuedSpans(64 * each)
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for i := range each {
				g.put(&all[w*each+i])
				if i%500 == w {
					g.flush()
				}
			}
			g.flush()
		})
	}
	wg.Wait()
	seen := make([]int, len(all))
	for _, s := range k.spans {
		seen[s.(*queued).bytes]++ //nolint:errcheck // nothing else was put
	}
	for i, n := range seen {
		if n != 1 {
			t.Fatalf("span %d has left %d times", i, n)
		}
	}
}

func BenchmarkStage(b *testing.B) {
	g := newStage(new(discardAll), 512, 200*time.Millisecond)
	s := &queuedSpans(1)[0]
	b.ReportAllocs()
	for b.Loop() {
		g.put(s)
	}
}

type discardAll struct{ collector }

func (*discardAll) OnEnd(sdktrace.ReadOnlySpan) {}
