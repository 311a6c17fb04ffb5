package processor_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// open returns a Fanout that is shut down with the test.
func open(t *testing.T, o processor.Options, conns ...processor.ConnectionConfig) *processor.Fanout {
	t.Helper()
	f, err := processor.New(t.Context(), o, conns...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = f.Shutdown(ctx)
	})
	return f
}

// light is a span that is cheap to make: what all have in common is shared.
type light struct {
	sdktrace.ReadOnlySpan
	sc trace.SpanContext
}

func (l *light) SpanContext() trace.SpanContext { return l.sc }

// lightly returns span n, made of a base that processortest.Span returned.
func lightly(base sdktrace.ReadOnlySpan, n uint64) sdktrace.ReadOnlySpan {
	var sid trace.SpanID
	var tid trace.TraceID
	binary.BigEndian.PutUint64(sid[:], n)
	binary.BigEndian.PutUint64(tid[8:], n)
	return &light{base, trace.NewSpanContext(trace.SpanContextConfig{TraceID: tid, SpanID: sid, TraceFlags: trace.FlagsSampled})}
}

// mustOnlyLose accepts an error that tells of losses and of nothing else.
func mustOnlyLose(t *testing.T, err error) *processor.LossError {
	t.Helper()
	var lost *processor.LossError
	if err != nil && (!errors.As(err, &lost) || err.Error() != lost.Error()) {
		t.Errorf("got %v", err)
	}
	return lost
}

// end ends spans from..to-1 of the numbers that processortest.Span takes.
func end(f *processor.Fanout, from, to uint64) {
	for n := from; n < to; n++ {
		f.OnEnd(processortest.Span(n))
	}
}

// broken returns the equations of the ledger that don't hold in st.
func broken(st processor.Stats) []string {
	var out []string
	check := func(name string, c *processor.Counters) {
		for _, eq := range []struct {
			what        string
			left, right int64
		}{
			{"offered", c.Offered, c.SampledOut + c.RateLimited + c.Dropped.Total() + c.Accepted},
			{"accepted", c.Accepted, c.Pending + c.Abandoned + c.Exported + c.Failed + c.Spooled},
			{"spooled", c.Inherited + c.Spooled, c.SpoolPending + c.Replayed + c.Dead + c.Expired},
		} {
			if eq.left != eq.right {
				out = append(out, fmt.Sprintf("%s: %s %d != %d", name, eq.what, eq.left, eq.right))
			}
		}
		for _, n := range []int64{
			c.Offered, c.SampledOut, c.RateLimited, c.Dropped.QueueFull, c.Dropped.Closed, c.Dropped.Recursion,
			c.Accepted, c.Pending, c.Abandoned, c.Exported, c.Failed, c.Spooled,
			c.Inherited, c.SpoolPending, c.Replayed, c.Dead, c.Expired,
		} {
			if n < 0 {
				out = append(out, fmt.Sprintf("%s: negative: %+v", name, *c))
				break
			}
		}
	}
	check("all", &st.Counters)
	for name, c := range st.Connections {
		check(name, &c.Counters)
	}
	for name, c := range st.Retired {
		check("retired "+name, &c.Counters)
	}
	return out
}

func mustHold(t *testing.T, st processor.Stats) {
	t.Helper()
	for _, b := range broken(st) {
		t.Error(b)
	}
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	timeout := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("it never came to: %s", what)
		}
	}
}

// labeled runs do; goroutines that it starts, and those that these start, can be counted
// by the label.
func labeled(ctx context.Context, label string, do func(context.Context)) {
	pprof.Do(ctx, pprof.Labels("test", label), do)
}

// goroutines returns the stacks of all goroutines with the label.
func goroutines(label string) []string {
	var buf bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&buf, 1)
	var out []string
	for s := range strings.SplitSeq(buf.String(), "\n\n") {
		if strings.Contains(s, fmt.Sprintf("%q:%q", "test", label)) {
			out = append(out, s)
		}
	}
	return out
}

// decide makes a Decider of a function.
type decide func(s *decision.Span, load float64) decision.Verdict

func (d decide) Decide(s *decision.Span, load float64) decision.Verdict { return d(s, load) }

// number returns the n of processortest.Span.
func number(s sdktrace.ReadOnlySpan) uint64 {
	id := s.SpanContext().SpanID()
	var n uint64
	for _, b := range id {
		n = n<<8 | uint64(b)
	}
	return n
}

// counting is an exporter that only counts.
type counting struct{ spans atomic.Int64 }

func (c *counting) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	c.spans.Add(int64(len(spans)))
	return nil
}

func (*counting) Shutdown(context.Context) error { return nil }

func (c *counting) open(context.Context) (sdktrace.SpanExporter, error) { return c, nil }

// heapInUse returns the bytes of live objects.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
