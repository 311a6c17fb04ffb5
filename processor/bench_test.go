package processor_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// nothing is an exporter that does nothing.
type nothing struct{}

func (nothing) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (nothing) Shutdown(context.Context) error                             { return nil }

func openNothing(context.Context) (sdktrace.SpanExporter, error) { return nothing{}, nil }

// plain is n official batchers side by side.
type plain []sdktrace.SpanProcessor

func (p plain) OnEnd(s sdktrace.ReadOnlySpan) {
	for _, sp := range p {
		sp.OnEnd(s)
	}
}

func (p plain) flush(ctx context.Context) {
	for _, sp := range p {
		_ = sp.ForceFlush(ctx)
	}
}

// A round of BenchmarkOnEndRatio fits into one batch: what it measures is the caller's part.
const (
	benchQueue = 1 << 16
	benchBatch = 1 << 14
)

func plainBatchers(tb testing.TB, n int) plain {
	tb.Helper()
	var p plain
	for range n {
		sp := sdktrace.NewBatchSpanProcessor(nothing{}, sdktrace.WithMaxQueueSize(benchQueue),
			sdktrace.WithMaxExportBatchSize(benchBatch), sdktrace.WithBatchTimeout(time.Second))
		tb.Cleanup(func() { _ = sp.Shutdown(context.Background()) })
		p = append(p, sp)
	}
	return p
}

// keepAll decides as a connection without rules does.
type keepAll struct{}

func (keepAll) Decide(*decision.Span, float64) decision.Verdict {
	return decision.Verdict{Keep: true, Known: true, Rule: -1}
}

func benchFanout(tb testing.TB, n int) *processor.Fanout {
	tb.Helper()
	var conns []processor.ConnectionConfig
	for i := range n {
		conns = append(conns, processor.ConnectionConfig{
			Name: strconv.Itoa(i), Open: openNothing, QueueSize: benchQueue, BatchSize: benchBatch, Schedule: time.Second, Decider: keepAll{},
		})
	}
	f, err := processor.New(context.Background(), processor.Options{}, conns...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Shutdown(context.Background()) })
	return f
}

type ender interface{ OnEnd(sdktrace.ReadOnlySpan) }

// recorded is a span as the SDK hands it to processors.
func recorded(tb testing.TB) sdktrace.ReadOnlySpan {
	tb.Helper()
	k := &keeper{}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(k))
	_, span := tp.Tracer("bench").Start(context.Background(), "span")
	span.End()
	return k.spans[0]
}

func BenchmarkOnEnd(b *testing.B) {
	for _, conns := range []int{1, 2, 4, 8, 16} {
		for _, goroutines := range []int{1, 4, 64} {
			for _, kind := range []string{"fanout", "plain"} {
				b.Run(fmt.Sprintf("%s/connections=%d/goroutines=%d", kind, conns, goroutines), func(b *testing.B) {
					p := benchFanoutOrPlain(b, kind, conns)
					s := recorded(b)
					b.ReportAllocs()
					b.SetParallelism(max(goroutines/runtime.GOMAXPROCS(0), 1))
					if goroutines == 1 {
						for b.Loop() {
							p.OnEnd(s)
						}
						return
					}
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							p.OnEnd(s)
						}
					})
				})
			}
		}
	}
}

func benchFanoutOrPlain(tb testing.TB, kind string, conns int) ender {
	tb.Helper()
	if kind == "plain" {
		return plainBatchers(tb, conns)
	}
	return benchFanout(tb, conns)
}

// BenchmarkOnEndRatio measures a Fanout and the same number of plain batchers in turn and
// reports the median of the ratios: noise of the machine hits both alike. Each round fits
// into the queues, so that neither drops.
func BenchmarkOnEndRatio(b *testing.B) {
	for _, conns := range []int{1, 2, 4, 8, 16} {
		for _, goroutines := range []int{1, 4, 64} {
			b.Run(fmt.Sprintf("connections=%d/goroutines=%d", conns, goroutines), func(b *testing.B) {
				f, p, s := benchFanout(b, conns), plainBatchers(b, conns), recorded(b)
				var ratios []float64
				for b.Loop() {
					x := timed(f, s, goroutines)
					_ = f.ForceFlush(b.Context())
					y := timed(p, s, goroutines)
					p.flush(b.Context())
					ratios = append(ratios, float64(x)/float64(y))
				}
				slices.Sort(ratios)
				b.ReportMetric(ratios[len(ratios)/2], "times-plain")
			})
		}
	}
}

// timed ends 10 000 spans from n goroutines.
func timed(p ender, s sdktrace.ReadOnlySpan, n int) time.Duration {
	start := time.Now()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			for range 10_000 / n {
				p.OnEnd(s)
			}
		})
	}
	group.Wait()
	return time.Since(start)
}

func BenchmarkStats(b *testing.B) {
	f := benchFanout(b, 4)
	b.ReportAllocs()
	for b.Loop() {
		f.Stats()
	}
}

func BenchmarkOnEndAfterShutdown(b *testing.B) {
	f := benchFanout(b, 4)
	_ = f.Shutdown(context.Background())
	s := recorded(b)
	b.ReportAllocs()
	for b.Loop() {
		f.OnEnd(s)
	}
}

// BenchmarkExport is what the exporting side costs for each span.
func BenchmarkExport(b *testing.B) {
	f, err := processor.New(context.Background(), processor.Options{}, processor.ConnectionConfig{
		Name: "c", Open: openNothing, Overflow: processor.OverflowBlock, BlockTimeout: time.Minute, Decider: keepAll{},
	})
	if err != nil {
		b.Fatal(err)
	}
	s := processortest.Span(1)
	b.ReportAllocs()
	for b.Loop() {
		f.OnEnd(s)
	}
	_ = f.Shutdown(context.Background())
}

// BenchmarkReloadThroughput ends spans on four connections, without and with a reload every
// millisecond that replaces one of them, and reports the median of the ratios. Producers wait where a
// queue is full, so every span counts.
func BenchmarkReloadThroughput(b *testing.B) {
	s := recorded(b)
	list := func(generation int) (conns []processor.ConnectionConfig) {
		for i := range 4 {
			cfg := processor.ConnectionConfig{
				Name: strconv.Itoa(i), Open: openNothing, QueueSize: benchQueue, BatchSize: 512, Decider: keepAll{},
				Overflow: processor.OverflowBlock, BlockTimeout: time.Minute,
			}
			if i == generation%4 {
				cfg.Fingerprint = strconv.Itoa(generation)
			}
			conns = append(conns, cfg)
		}
		return conns
	}
	f, err := processor.New(context.Background(), processor.Options{}, list(0)...)
	if err != nil {
		b.Fatal(err)
	}
	var ratios []float64
	generation := 0
	for b.Loop() {
		before := timed(f, s, 2)
		_ = f.ForceFlush(b.Context())
		quit, done := make(chan struct{}), make(chan int)
		go func() {
			n := 0
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-quit:
					done <- n
					return
				case <-tick.C:
				}
				n++
				if err := f.Reload(context.Background(), list(generation+n)...); err != nil {
					b.Error(err)
				}
			}
		}()
		during := timed(f, s, 2)
		close(quit)
		generation += <-done
		_ = f.ForceFlush(b.Context())
		ratios = append(ratios, float64(before)/float64(during))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2]*100, "%-of-before")
	b.ReportMetric(float64(generation)/float64(b.N), "reloads/op")
	if err := f.Shutdown(context.Background()); err != nil {
		b.Fatal(err)
	}
	st := f.Stats()
	if st.Exported != st.Accepted || st.Offered != st.Accepted {
		b.Errorf("a span was lost: %+v", st.Counters)
	}
}
