package processor_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
)

// halfOfTraces decides as a policy of rate 0.5 does that keeps errors.
type halfOfTraces struct{}

const half decision.Threshold = decision.Never / 2

func (halfOfTraces) Decide(s *decision.Span, _ float64) decision.Verdict {
	return decision.Verdict{Keep: half.Keeps(s.State.Randomness), Threshold: half, Known: true, Rule: -1}
}

func (halfOfTraces) Traits() decision.TraceTraits {
	return decision.TraceTraits{Loosest: half, Late: true}
}

func (halfOfTraces) Vote(v *decision.Vote, s *decision.Span) {
	*v = decision.Vote{Threshold: half, Randomness: s.State.Randomness, Rule: -1, Known: true, UrgentKnown: true}
}
func (halfOfTraces) TraceFactor(float64) uint8                       { return 0 }
func (halfOfTraces) PeekTraceFactor(float64) uint8                   { return 0 }
func (halfOfTraces) Scaled(int32, uint8) decision.Threshold          { return half }
func (halfOfTraces) Tokens(int, bool, bool) (pass, whole bool)       { return true, true }
func (halfOfTraces) Finish(*decision.Verdict, *decision.Span, uint8) {}

// BenchmarkTraces compares the start and the end of spans, in traces of five, with and without the
// hold.
func BenchmarkTraces(b *testing.B) {
	for _, goroutines := range []int{1, 64} {
		for _, whole := range []bool{false, true} {
			b.Run(fmt.Sprintf("whole=%v/goroutines=%d", whole, goroutines), func(b *testing.B) {
				tracer := traceProvider(b, 1, whole).Tracer("bench")
				b.ReportAllocs()
				one := func() {
					ctx, root := tracer.Start(context.Background(), "root")
					for range 4 {
						_, child := tracer.Start(ctx, "child")
						child.End()
					}
					root.End()
				}
				if goroutines == 1 {
					for b.Loop() {
						one()
					}
					return
				}
				b.SetParallelism(max(goroutines/runtime.GOMAXPROCS(0), 1))
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						one()
					}
				})
			})
		}
	}
}

func traceProvider(tb testing.TB, conns int, whole bool) *sdktrace.TracerProvider {
	tb.Helper()
	var all []processor.ConnectionConfig
	for i := range conns {
		all = append(all, processor.ConnectionConfig{
			Name: strconv.Itoa(i), Open: openNothing, QueueSize: benchQueue, BatchSize: 512, Schedule: time.Second,
			BufferBytes: 1 << 30, Decider: halfOfTraces{}, WholeTraces: whole,
		})
	}
	f, err := processor.New(context.Background(), processor.Options{}, all...)
	if err != nil {
		tb.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(f))
	tb.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
	return tp
}
