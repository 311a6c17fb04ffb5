package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/bench/cpu"
)

// tracePairs compare connections that want whole traces with the same ones that don't. The rate is
// 0.5, so that nothing is certain before a trace is complete.
func tracePairs() (pairs []pair) {
	for _, row := range []struct {
		goroutines int
		target     float64
	}{{1, 1.15}, {64, 1.3}} {
		pairs = append(pairs, pair{
			name: fmt.Sprintf("Start+End, traces of 5, goroutines: %d, scope trace", row.goroutines), over: "scope span",
			target: row.target, allocs: 0, base: traces(1, 5, row.goroutines, ""), ours: traces(1, 5, row.goroutines, wholeTraces),
		}, pair{
			name: fmt.Sprintf("floor: traces of 5, goroutines: %d, a throw-away hold before span scope", row.goroutines), over: "without the hold",
			target: row.target, allocs: 0, base: throwAway(5, row.goroutines, false), ours: throwAway(5, row.goroutines, true),
		})
	}
	return append(pairs, pair{
		name: "Start+End, traces of 10, 4 connections, 1 goroutine, released as one", over: "offered one by one",
		target: 1.15, allocs: 0, base: traces(4, 10, 1, ""), ours: traces(4, 10, 1, wholeTraces),
	}, pair{
		name: "Start+End in one hot trace, 64 goroutines, scope trace", over: "scope span",
		target: 1.3, allocs: 0, base: hotTrace(""), ours: hotTrace(wholeTraces),
	})
}

const wholeTraces = "scope = \"trace\"\n"

const halfOfTraces = "rate = 0.5\nerror = true\nslow = \"1s\"\n"

// traces begins and ends traces of so many spans, one of which is one operation.
func traces(conns, spans, goroutines int, scope string) func(b *testing.B) {
	return func(b *testing.B) {
		var gate sync.RWMutex
		br := bridge(b, conns, gated{&gate}, halfOfTraces+scope)
		crowd(b, &gate, br.ForceFlush, spans, goroutines, oneTrace(br.TracerProvider().Tracer("bench"), spans))
	}
}

func oneTrace(tracer trace.Tracer, spans int) func() {
	background := context.Background()
	return func() {
		ctx, root := tracer.Start(background, "GET /users")
		for range spans - 1 {
			_, child := tracer.Start(ctx, "query")
			child.End()
		}
		root.End()
	}
}

// hotTrace begins and ends spans below one span that stays open.
func hotTrace(scope string) func(b *testing.B) {
	return func(b *testing.B) {
		var gate sync.RWMutex
		br := bridge(b, 1, gated{&gate}, halfOfTraces+scope)
		tracer := br.TracerProvider().Tracer("bench")
		var ctx context.Context
		var root trace.Span
		renew := func(flushed context.Context) error { // what is held isn't in the queue
			if root != nil {
				root.End()
			}
			err := br.ForceFlush(flushed)
			ctx, root = tracer.Start(context.Background(), "hot") //nolint:fatcontext // none comes from another
			return err
		}
		_ = renew(context.Background())
		crowd(b, &gate, renew, 1, 64, func() {
			_, child := tracer.Start(ctx, "query")
			child.End()
		})
		root.End()
	}
}

// crowd runs one b.N times, on several goroutines at once, and flushes outside the timer before the
// queues are full. One makes that many spans. For one goroutine it reports CPU time; several wait for each
// other, which only the time that passes shows.
func crowd(b *testing.B, gate *sync.RWMutex, flush func(context.Context) error, spans, goroutines int, one func()) {
	b.Helper()
	gate.Lock()
	defer gate.Unlock()
	b.ReportAllocs()
	b.ResetTimer()
	var spent time.Duration
	for left := b.N; left > 0; {
		n := min(left, chunk/spans)
		left -= n
		before := cpu.Time()
		var group sync.WaitGroup
		for i := range goroutines {
			group.Go(func() {
				for range (n + i) / goroutines {
					one()
				}
			})
		}
		group.Wait()
		spent += cpu.Time() - before
		b.StopTimer()
		gate.Unlock()
		_ = flush(context.Background())
		gate.Lock()
		b.StartTimer()
	}
	if goroutines == 1 {
		b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), cpuMetric)
	}
}

// throwAway is a hold that knows nothing but which spans belong together, before a Bridge's own
// processor, or that processor alone.
func throwAway(spans, goroutines int, hold bool) func(b *testing.B) {
	return func(b *testing.B) {
		var gate sync.RWMutex
		br := bridge(b, 1, gated{&gate}, halfOfTraces)
		next := br.SpanProcessor()
		if hold {
			next = newThrowAwayHold(next)
		}
		tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(br.Sampler()), sdktrace.WithSpanProcessor(next))
		crowd(b, &gate, br.ForceFlush, spans, goroutines, oneTrace(tp.Tracer("bench"), spans))
	}
}

// throwAwayHold has 64 locks and pooled parts, and no policy, bound, memory or ledger.
type throwAwayHold struct {
	sdktrace.SpanProcessor

	shards [64]struct {
		mu    sync.Mutex
		parts map[trace.TraceID]*throwAwayPart
		_     [48]byte
	}
	pool sync.Pool
}

type throwAwayPart struct {
	open  int
	spans []sdktrace.ReadOnlySpan
}

func newThrowAwayHold(next sdktrace.SpanProcessor) *throwAwayHold {
	h := &throwAwayHold{SpanProcessor: next}
	h.pool.New = func() any { return &throwAwayPart{} }
	for i := range h.shards {
		h.shards[i].parts = make(map[trace.TraceID]*throwAwayPart)
	}
	return h
}

func (h *throwAwayHold) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	h.SpanProcessor.OnStart(ctx, s)
	id := s.SpanContext().TraceID()
	shard := &h.shards[id[15]%64]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	p := shard.parts[id]
	if p == nil {
		p, _ = h.pool.Get().(*throwAwayPart)
		shard.parts[id] = p
	}
	p.open++
}

func (h *throwAwayHold) OnEnd(s sdktrace.ReadOnlySpan) {
	id := s.SpanContext().TraceID()
	shard := &h.shards[id[15]%64]
	shard.mu.Lock()
	p := shard.parts[id]
	p.spans = append(p.spans, s)
	p.open--
	complete := p.open == 0
	if complete {
		delete(shard.parts, id)
	}
	shard.mu.Unlock()
	if !complete {
		return
	}
	for _, s := range p.spans {
		h.SpanProcessor.OnEnd(s)
	}
	clear(p.spans)
	p.spans = p.spans[:0]
	h.pool.Put(p)
}
