package connection

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// collector collects what leaves a stage, as a batcher that exports nothing.
type collector struct {
	items []sdktrace.ReadOnlySpan
	open  *atomic.Pointer[bundle] // of the stage, if it is to be looked at
	early int                     // bundles that others could see before they came
}

func (k *collector) OnEnd(s sdktrace.ReadOnlySpan) {
	k.items = append(k.items, s)
	if b, ok := s.(*bundle); ok && k.open != nil && k.open.Load() == b {
		k.early++
	}
}

func (*collector) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (*collector) Shutdown(context.Context) error                  { return nil }
func (*collector) ForceFlush(context.Context) error                { return nil }

// export returns the numbers of the spans that have come since the last export.
func (k *collector) export() (numbers []int64) {
	for _, s := range unbundled(k.items) {
		numbers = append(numbers, queuedOf(s).bytes)
	}
	k.items = nil
	return numbers
}

// queuedSpans returns spans that take as many bytes as their number.
func queuedSpans(n int) []queued {
	form, all := &copyForm{none: true}, make([]queued, n)
	for i := range all {
		all[i].form, all[i].bytes = form, int64(i)
	}
	return all
}

// A batcher gets two items for each complete bundle: one with its first span, and one that is the last. A
// bundle that was exported takes no more spans.
func TestStage(t *testing.T) {
	t.Parallel()
	k := new(collector)
	g := stage{next: k, size: 8}
	k.open = &g.open
	all := queuedSpans(100)
	next := 0
	for i, step := range []struct {
		put, items int
		export     bool
	}{
		{1, 1, false}, // begins a bundle
		{6, 1, false}, // fills it
		{1, 2, false}, // comes behind it
		{1, 3, false},
		{7, 4, true},
		{3, 1, true},  // a bundle that isn't full
		{1, 1, false}, // begins another one, though there was room
		{6, 1, true},  // a bundle that is full, without the span behind it
		{1, 1, false}, // begins another one
		{7, 2, true},
		{9, 3, true},
	} {
		for range step.put {
			g.put(&all[next])
			next++
		}
		if len(k.items) != step.items {
			t.Fatalf("step %d: %d items, want %d", i, len(k.items), step.items)
		}
		for _, s := range k.items {
			if !s.SpanContext().IsSampled() {
				t.Fatalf("step %d: a batcher drops %T", i, s)
			}
		}
		if !step.export {
			continue
		}
		got := k.export()
		if want := sequence(next-len(got), next); !slices.Equal(got, want) {
			t.Fatalf("step %d: exported %v, want %v", i, got, want)
		}
	}
	if k.early > 0 {
		t.Errorf("a flush could have missed spans in %d bundles that had not come to the batcher", k.early)
	}
}

func sequence(from, to int) (numbers []int64) {
	for i := from; i < to; i++ {
		numbers = append(numbers, int64(i))
	}
	return numbers
}

func TestBundles(t *testing.T) {
	t.Parallel()
	for batch := 1; batch <= 5000; batch++ {
		n, size := bundles(batch)
		if n < 1 || size > mostBundled || n*size > batch || n*size <= batch-n {
			t.Errorf("a batch of %d has %d bundles of %d", batch, n, size)
		}
	}
	if n, size := bundles(512); n*size != 512 {
		t.Errorf("a batch of 512 has %d bundles of %d", n, size)
	}
}

// received is an exporter that remembers batches, and takes its time for each.
type received struct {
	takes func() time.Duration // nil is none; in a bubble only

	mu      sync.Mutex
	batches [][]int64
}

// slowly returns an exporter that takes up to most for each batch, the same times for the same seed.
func slowly(seed uint64, most time.Duration) *received {
	random := rand.New(rand.NewPCG(seed, 2))
	return &received{takes: func() time.Duration { return time.Duration(random.Int64N(int64(most))) }}
}

func (r *received) ExportSpans(_ context.Context, items []sdktrace.ReadOnlySpan) error {
	if r.takes != nil {
		time.Sleep(r.takes())
	}
	var batch []int64
	for _, s := range unbundled(items) {
		batch = append(batch, queuedOf(s).bytes)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches = append(r.batches, batch)
	return nil
}

// spans returns how many have come.
func (r *received) spans() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.batches {
		n += len(b)
	}
	return n
}

func (*received) Shutdown(context.Context) error { return nil }

// Under random schedules of spans and flushes, or of spans and slow exports, every span that has a credit is
// exported, in its order, and no batch is too large. In a bubble a flush must not meet a slow export: the
// batcher lets it wait for a mutex.
func TestStageBeforeABatcher(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				batch := 1 + random.IntN([]int{3, 20, 200, 2000}[random.IntN(4)])
				capacity := batch + 1 + random.IntN(5*batch)
				e := new(received)
				slow := random.IntN(2) == 0
				if slow {
					e = slowly(seed, 300*time.Millisecond)
				}
				cfg := Config{BatchSize: batch, Schedule: 100 * time.Millisecond, BufferBytes: 1 << 40}
				q := newQueue(&cfg, capacity, e)
				all := queuedSpans(20 * batch)
				settle := q.flush
				if slow {
					settle = func() { time.Sleep(time.Minute) }
				}
				free := capacity // no credit is given back before all are
				for i := range all {
					if free == 0 {
						settle()
						free = capacity
						if got := e.spans(); got != i {
							t.Fatalf("%d spans are exported, want %d", got, i)
						}
					}
					free--
					q.put(&all[i])
					switch random.IntN(200) {
					case 0:
						time.Sleep(time.Duration(random.IntN(250)) * time.Millisecond)
					case 1:
						synctest.Wait()
					case 2:
						if !slow {
							go q.flush()
						}
					}
				}
				settle()
				synctest.Wait()
				q.end()
				next := int64(0)
				for _, b := range e.batches {
					if len(b) == 0 || len(b) > batch {
						t.Fatalf("a batch of %d, want at most %d", len(b), batch)
					}
					for _, n := range b {
						if n != next {
							t.Fatalf("span %d has come for %d", n, next)
						}
						next++
					}
				}
				if int(next) != len(all) {
					t.Errorf("%d of %d spans have come", next, len(all))
				}
			})
		})
	}
}

// While exports are slow, the batcher has room for all spans that have a credit.
func TestStageBeforeABatcherThatHangs(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{1, 2, 3, 7, 100, 512, 1000} {
		for _, capacity := range []int{batch + batch/9 + 1, 10 * batch, 10*batch + batch/2} {
			for first := 1; first <= batch; first += max(1, batch/7) {
				synctest.Test(t, func(t *testing.T) {
					e := slowly(uint64(first), 5*time.Second)
					cfg := Config{BatchSize: batch, Schedule: 100 * time.Millisecond, BufferBytes: 1 << 40}
					q := newQueue(&cfg, capacity, e)
					all := queuedSpans(capacity)
					for i := range all {
						q.put(&all[i])
						if i+1 == first {
							time.Sleep(2 * cfg.Schedule) // it is being exported
						}
					}
					time.Sleep(2 * time.Minute)
					if got := e.spans(); got != capacity {
						t.Errorf("batches of %d, room for %d, %d at first: %d have come", batch, capacity, first, got)
					}
					q.end()
				})
			}
		}
	}
}

// gated is an exporter whose first export goes on when it is told to.
type gated struct {
	received
	began, seal, sealed, end chan struct{}
}

func (e *gated) ExportSpans(ctx context.Context, items []sdktrace.ReadOnlySpan) error {
	if e.began != nil {
		close(e.began)
		<-e.seal
		defer func() { e.began = nil }()
	}
	err := e.received.ExportSpans(ctx, items)
	if e.began != nil {
		close(e.sealed)
		<-e.end
	}
	return err
}

// The most that ever waits for a batcher: a span behind a bundle that has just gone, whose credits are back
// already; all others that can have a credit, in as many bundles as possible; the marker of a flush.
func TestStageBeforeAFullBatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const batch, capacity = 8, 3*8 + 2
		e := &gated{began: make(chan struct{}), seal: make(chan struct{}), sealed: make(chan struct{}), end: make(chan struct{})}
		cfg := Config{BatchSize: batch, Schedule: time.Millisecond, BufferBytes: 1 << 40}
		q := newQueue(&cfg, capacity, e)
		all := queuedSpans(batch - 1 + capacity)
		began := e.began
		for i := range batch - 1 {
			q.put(&all[i])
		}
		<-began
		q.put(&all[batch-1])
		close(e.seal)
		<-e.sealed
		for i := range capacity - 2 {
			q.put(&all[batch+i])
		}
		var flushed sync.WaitGroup
		flushed.Go(q.flush)
		synctest.Wait() // its marker comes before the last span
		q.put(&all[batch+capacity-2])
		close(e.end)
		flushed.Wait()
		q.flush()
		if got := e.spans(); got != len(all) {
			t.Errorf("%d spans have come, want %d", got, len(all))
		}
		q.end()
	})
}

// A batch is exported when its last span comes, not when its time does.
func TestCompleteBatchesGoAtOnce(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{1, 2, 3, 10, 512, 1024} {
		synctest.Test(t, func(t *testing.T) {
			e := new(received)
			cfg := Config{BatchSize: batch, Schedule: time.Hour, BufferBytes: 1 << 40}
			q := newQueue(&cfg, 2*batch, e)
			all := queuedSpans(3 * batch)
			for i := range all {
				q.put(&all[i])
				synctest.Wait()
				if got, want := e.spans(), (i+1)/batch*batch; got != want {
					t.Fatalf("batches of %d: %d spans are exported after %d, want %d", batch, got, i+1, want)
				}
			}
			q.end()
		})
	}
}

// Whoever exports waits for a caller who has a place and hasn't used it. Others don't.
func TestBundleWhoseCallerStops(t *testing.T) {
	t.Parallel()
	k := new(collector)
	g := stage{next: k, size: 8}
	all := queuedSpans(20)
	g.put(&all[0])
	b := g.open.Load()
	at := b.taken.Add(1) - 1
	for i := 2; i < len(all); i++ {
		g.put(&all[i])
	}
	if len(k.items) != 5 {
		t.Fatalf("%d items, want 5", len(k.items))
	}
	exported := make(chan []int64)
	go func() { exported <- k.export() }()
	for !b.isSealed() {
		runtime.Gosched()
	}
	select {
	case got := <-exported:
		t.Fatalf("exported %v without span 1", got)
	default:
	}
	b.spans[at] = &all[1]
	b.ready.Add(1)
	if got, want := <-exported, sequence(0, len(all)); !slices.Equal(got, want) {
		t.Errorf("exported %v, want %v", got, want)
	}
}

// A stage keeps nothing of what was exported, though it has the bundle until the next one begins.
func TestStageForgetsWhatIsExported(t *testing.T) {
	t.Parallel()
	k := new(collector)
	g := stage{next: k, size: 8}
	large := func() weak.Pointer[queued] {
		s := new(queued)
		g.put(s)
		unbundled(k.items)
		k.items = nil
		return weak.Make(s)
	}()
	if runtime.GC(); large.Value() != nil {
		t.Error("the stage refers to a span that was exported")
	}
	runtime.KeepAlive(&g)
}

// Those who wait behind a full bundle come behind it, begin the next one, or go into that: more than one
// span behind a bundle would be more items than the batcher has room for.
func TestStageWhoseCallersWait(t *testing.T) {
	t.Parallel()
	k := new(collector)
	g := stage{next: k, size: 8}
	all := queuedSpans(14)
	for i := range 7 {
		g.put(&all[i])
	}
	full := g.open.Load()
	g.mu.Lock()
	var wg sync.WaitGroup
	for i := range 7 {
		wg.Go(func() { g.put(&all[7+i]) })
	}
	for full.taken.Load() < 14 { // each of them has asked for a place and waits now
		runtime.Gosched()
	}
	g.mu.Unlock()
	wg.Wait()
	if len(k.items) != 3 {
		t.Errorf("%d items, want 3: two bundles and the span behind the first", len(k.items))
	}
}

// Each span leaves exactly once, before the flush that follows it ends, whoever else puts and flushes.
func TestStageOfManyGoroutines(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{2, 7, 512, 1500} {
		const producers, each = 64, 1000
		e := new(received)
		cfg := Config{BatchSize: batch, Schedule: time.Millisecond, BufferBytes: 1 << 40}
		q := newQueue(&cfg, producers*each, e)
		all := queuedSpans(producers * each)
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for i := range each {
					q.put(&all[p*each+i])
					if i%250 == p {
						q.flush()
					}
				}
			})
		}
		wg.Wait()
		q.flush()
		last, n := make([]int64, producers), 0
		for p := range last {
			last[p] = int64(p*each) - 1
		}
		for _, b := range e.batches {
			n += len(b)
			if len(b) > batch {
				t.Errorf("a batch of %d, want at most %d", len(b), batch)
			}
			for _, s := range b {
				if p := s / each; s != last[p]+1 {
					t.Fatalf("batches of %d: span %d of a goroutine has come after %d", batch, s, last[p])
				} else {
					last[p] = s
				}
			}
		}
		if n != len(all) {
			t.Errorf("batches of %d: %d of %d spans have come", batch, n, len(all))
		}
		q.end()
	}
}

// An empty place costs nothing until its bundle begins, and a bundle costs one allocation for all.
func TestStageAllocatesForBundlesOnly(t *testing.T) {
	g := stage{next: new(discardAll), size: mostBundled}
	s := &queuedSpans(1)[0]
	if n := testing.AllocsPerRun(10, func() {
		for range mostBundled {
			g.put(s)
		}
	}); n > 2 {
		t.Errorf("%v allocations for %d spans, want 2", n, mostBundled)
	}
}

func BenchmarkStage(b *testing.B) {
	g := stage{next: new(discardAll), size: mostBundled}
	s := &queuedSpans(1)[0]
	b.ReportAllocs()
	for b.Loop() {
		g.put(s)
	}
}

type discardAll struct{ collector }

func (*discardAll) OnEnd(sdktrace.ReadOnlySpan) {}
