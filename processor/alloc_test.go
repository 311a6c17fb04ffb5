//go:build !race

package processor_test

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// The race detector allocates; so these are for ordinary runs only.

func fourConnections(t *testing.T, v decision.Verdict) *processor.Fanout {
	t.Helper()
	var conns []processor.ConnectionConfig
	for i := range 4 {
		conns = append(conns, processor.ConnectionConfig{
			Name: strconv.Itoa(i), Open: processortest.NewFunc(func(int) processortest.Step { return processortest.Step{} }).Open,
			QueueSize: 1 << 14, BatchSize: 1 << 14, Schedule: time.Hour,
			Decider: decide(func(*decision.Span, float64) decision.Verdict { return v }),
		})
	}
	f, err := processor.New(t.Context(), processor.Options{}, conns...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Shutdown(t.Context()) })
	return f
}

// TestOnEndAllocatesOnlyWhatItChanges knows that eight waiting spans share an allocation: that
// is none for each.
//
// It isn't parallel: it counts the allocations of the whole process.
func TestOnEndAllocatesOnlyWhatItChanges(t *testing.T) {
	half := decision.FromProbability(0.5)
	rewritten := state(t, "ot=th:8")
	for name, tc := range map[string]struct {
		verdict decision.Verdict
		want    float64
	}{
		"kept as it is":  {decision.Verdict{Keep: true}, 0},
		"left out":       {decision.Verdict{}, 0},
		"rate limited":   {decision.Verdict{Reason: decision.ByLimit, Threshold: half}, 0},
		"other weight":   {decision.Verdict{Keep: true, Threshold: half, Rewrite: true, State: rewritten}, 0},
		"unknown weight": {decision.Verdict{Keep: true, Threshold: half}, 0},
		"others' state":  {decision.Verdict{Keep: true, Threshold: half, Rewrite: true, State: state(t, "ot=th:8,a=b")}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			f := fourConnections(t, tc.verdict)
			s := processortest.Span(1)
			if got := testing.AllocsPerRun(2000, func() { f.OnEnd(s) }); got != tc.want {
				t.Errorf("%v allocations for four connections, want %v", got, tc.want)
			}
		})
	}
}

// It isn't parallel: it counts the allocations of the whole process.
func TestOnEndAfterShutdownAllocatesNothing(t *testing.T) {
	f := fourConnections(t, decision.Verdict{Keep: true})
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := processortest.Span(1)
	if got := testing.AllocsPerRun(1000, func() { f.OnEnd(s) }); got != 0 {
		t.Errorf("%v allocations, want 0", got)
	}
}

// TestWaitingSpansTakeLittleMemory fills queues in front of exporters that hang and measures
// what they hold beside the spans, everything that a connection itself consists of included.
//
// It isn't parallel: it measures the heap of the whole process.
func TestWaitingSpansTakeLittleMemory(t *testing.T) {
	hang := make(chan struct{})
	var all []*processor.Fanout // until the end: what is freed in between would be subtracted
	defer func() {
		close(hang)
		for _, f := range all {
			_ = f.Shutdown(t.Context())
		}
	}()
	for name, tc := range map[string]struct {
		verdict func(connection int) decision.Verdict
		most    float64
	}{
		"thresholds agree": {func(int) decision.Verdict { return decision.Verdict{Keep: true} }, 32},
		"thresholds differ": {func(i int) decision.Verdict {
			th := decision.FromProbability(1 / float64(i+2))
			return decision.Verdict{Keep: true, Threshold: th, Rewrite: true, State: state(t, "ot=th:"+th.String())}
		}, 64},
	} {
		t.Run(name, func(t *testing.T) {
			const connections, queue = 16, 4096
			var conns []processor.ConnectionConfig
			for i := range connections {
				verdict := tc.verdict(i)
				conns = append(conns, processor.ConnectionConfig{
					Name: strconv.Itoa(i), QueueSize: queue,
					Open:    processortest.New(processortest.Step{Hang: hang}).Open,
					Decider: decide(func(*decision.Span, float64) decision.Verdict { return verdict }),
				})
			}
			spans := make([]sdktrace.ReadOnlySpan, queue)
			for i := range spans {
				spans[i] = processortest.Span(uint64(i + 1))
			}
			before := heapInUse()
			f, err := processor.New(t.Context(), processor.Options{}, conns...)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, f)
			for _, s := range spans {
				f.OnEnd(s)
			}
			eventually(t, "the exporters hang", func() bool { return f.Stats().FlushCount == 0 && f.Stats().Pending > 0 })
			each := float64(heapInUse()-before) / float64(f.Stats().Pending)
			t.Logf("%.1f bytes for each of %d waiting spans", each, f.Stats().Pending)
			if each > tc.most {
				t.Errorf("%.1f bytes for each waiting span, want at most %v", each, tc.most)
			}
			runtime.KeepAlive(spans)
		})
	}
}
