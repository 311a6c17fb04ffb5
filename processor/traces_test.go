package processor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// scoped keeps errors, and other traces at a threshold: whole ones.
type scoped struct {
	halfOfTraces
	threshold decision.Threshold
}

func (p scoped) Traits() decision.TraceTraits {
	return decision.TraceTraits{Loosest: p.threshold, Constant: true, Late: true}
}

func (p scoped) Vote(v *decision.Vote, s *decision.Span) {
	*v = decision.Vote{Threshold: p.threshold, Randomness: s.State.Randomness, Rule: -1, Known: true, UrgentKnown: true}
	if s.Error {
		v.Threshold, v.Reason = decision.Always, decision.ByError
	}
}

func (p scoped) Scaled(int32, uint8) decision.Threshold { return p.threshold }

// none keeps errors only, half every second trace.
func none() scoped { return scoped{threshold: decision.Never} }

type traces struct {
	*processor.Fanout
	tracer trace.Tracer
}

func openTraces(t *testing.T, o processor.Options, cfg processor.ConnectionConfig) traces {
	t.Helper()
	cfg.Name, cfg.WholeTraces = "c", true
	if cfg.Open == nil {
		cfg.Open = openNothing
	}
	f := open(t, o, cfg)
	return traces{f, sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(f)).Tracer("test")}
}

// run makes a trace of a root, which fails, and n children.
func (f traces) run(ctx context.Context, n int) {
	ctx, root := f.tracer.Start(ctx, "root")
	for range n {
		_, child := f.tracer.Start(ctx, "child")
		child.End()
	}
	root.SetStatus(codes.Error, "")
	root.End()
}

func (f traces) c(t *testing.T) *processor.ConnectionStats {
	t.Helper()
	c := f.Stats().Connections["c"]
	if c.Offered != c.Held+c.SampledOut+c.RateLimited+c.Dropped.Total()+c.Accepted {
		t.Errorf("the account doesn't add up: %+v", c.Counters)
	}
	return c
}

func TestATraceWithoutATraceDeciderIsRefused(t *testing.T) {
	t.Parallel()
	_, err := processor.New(t.Context(), processor.Options{}, processor.ConnectionConfig{Name: "c", Open: openNothing, Decider: keepAll{}, WholeTraces: true})
	if err == nil || !strings.Contains(err.Error(), "decision.TraceDecider") {
		t.Error(err)
	}
}

// A trace that stays open is decided after the wait; what ends later follows, and an error is kept
// with what comes after it. Health names the trace.
func TestATraceThatStaysOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := openTraces(t, processor.Options{}, processor.ConnectionConfig{Decider: none()})
		ctx, root := f.tracer.Start(t.Context(), "GET /x")
		end := func(name string, code codes.Code) {
			_, s := f.tracer.Start(ctx, name)
			s.SetStatus(code, "")
			s.End()
		}
		end("first", codes.Unset)
		time.Sleep(29 * time.Second)
		if c := f.c(t); c.Held != 1 || c.TracesDecided != 0 || f.Stats().OpenSpans != 1 {
			t.Errorf("after 29 s: %+v", c.Counters)
		}
		if err := f.ForceFlush(t.Context()); err != nil || f.c(t).Held != 1 {
			t.Errorf("a flush returns %v and leaves %d", err, f.c(t).Held)
		}
		time.Sleep(2 * time.Second)
		if c := f.c(t); c.Held != 0 || c.SampledOut != 1 || c.TracesEarly.Wait != 1 {
			t.Errorf("after 31 s: %+v", c.Counters)
		}
		end("second", codes.Unset)
		end("third", codes.Error)
		end("fourth", codes.Unset)
		time.Sleep(4 * time.Hour)
		if h := f.Health(); h.Open != "a trace has been open for 4h0m31s: GET /x" {
			t.Errorf("health: %q", h.Open)
		}
		if ms := f.Stats().OldestOpenMS; ms != (4*time.Hour + 31*time.Second).Milliseconds() {
			t.Errorf("the oldest has been open for %d ms", ms)
		}
		root.End()
		if c := f.c(t); c.LateSpans != 4 || c.SampledOut != 2 || c.Accepted != 3 {
			t.Errorf("at the end: %+v", c.Counters)
		}
		if h := f.Health(); h.Open != "" {
			t.Errorf("health: %q", h.Open)
		}
		if err := f.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// An error long after its trace was left out is kept alone, with weight one.
func TestALateError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := openTraces(t, processor.Options{}, processor.ConnectionConfig{Decider: none()})
		ctx, root := f.tracer.Start(t.Context(), "root")
		root.End()
		time.Sleep(10 * time.Second)
		_, late := f.tracer.Start(ctx, "late")
		late.SetStatus(codes.Error, "")
		late.End()
		if err := f.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		c := f.c(t)
		if c.SampledOut != 1 || c.Exported != 1 || c.Adjusted.Exported != 1 {
			t.Errorf("%+v", c.Counters)
		}
	})
}

// Whatever is open when the process ends is decided.
func TestShutdownDecidesOpenTraces(t *testing.T) {
	t.Parallel()
	f := openTraces(t, processor.Options{}, processor.ConnectionConfig{Decider: scoped{threshold: half}})
	for range 200 {
		ctx, _ := f.tracer.Start(t.Context(), "never ends") //nolint:spancheck // it is the point
		_, child := f.tracer.Start(ctx, "child")
		child.End()
	}
	if c := f.c(t); c.Held != 200 {
		t.Errorf("held: %+v", c.Counters)
	}
	if err := f.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	c := f.c(t)
	if c.Held != 0 || c.TracesEarly.Shutdown != 200 || c.Exported+c.SampledOut != 200 || c.Exported < 60 || c.Exported > 140 {
		t.Errorf("%+v", c.Counters)
	}
	_, after := f.tracer.Start(t.Context(), "after")
	after.End()
	if got := f.c(t).Dropped.Closed; got != 1 {
		t.Errorf("%d of one span after the end is counted", got)
	}
}

// The bounds hold whatever comes, and nothing is lost to them.
func TestBoundsOfHeldTraces(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]processor.TraceOptions{
		"spans": {MaxSpans: 100}, "bytes": {MaxBytes: 100_000}, "memory": {Memory: 128}, "size": {MaxTraceSpans: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := openTraces(t, processor.Options{Traces: o}, processor.ConnectionConfig{Decider: none()})
			most := int64(0)
			const n = 2000
			for range n {
				ctx, _ := f.tracer.Start(t.Context(), "never ends") //nolint:spancheck // it is the point
				for range 4 {
					_, child := f.tracer.Start(ctx, "child")
					child.End()
				}
				most = max(most, f.c(t).Held)
			}
			c := f.c(t)
			early := c.TracesEarly
			switch {
			case name == "spans" && most > 100, name == "bytes" && most > 250, name == "memory" && most > 4*160:
				t.Errorf("%d spans were held", most)
			case name == "size" && early.Size != n, name != "size" && early.Memory < n/2:
				t.Errorf("early: %+v", early)
			}
			if err := f.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if c := f.c(t); c.SampledOut != 4*n || c.Offered != 4*n {
				t.Errorf("%+v", c.Counters)
			}
		})
	}
}

// Traces that find no room in the queue wait for it, off the goroutine that has ended them, and
// are not cut apart.
func TestTracesWaitForRoom(t *testing.T) {
	t.Parallel()
	for _, overflow := range []processor.Overflow{processor.OverflowDrop, processor.OverflowBlock, processor.OverflowSync} {
		for _, size := range []int{4, 40} { // the larger one is larger than the queue
			hang := make(chan struct{})
			f := openTraces(t, processor.Options{}, processor.ConnectionConfig{
				Open: processortest.New(processortest.Step{Hang: hang}).Open, Decider: none(), QueueSize: 16, BatchSize: 4, Overflow: overflow, Schedule: time.Millisecond,
			})
			began := time.Now()
			for range 3 {
				f.run(t.Context(), size-1)
			}
			if took := time.Since(began); overflow == processor.OverflowDrop && took > 10*time.Second {
				t.Errorf("the callers have waited %s", took)
			}
			if size == 40 && f.c(t).Held == 0 {
				t.Error("nothing waits")
			}
			close(hang)
			err := f.ForceFlush(t.Context())
			var lost *processor.LossError
			c := f.c(t)
			if got := c.Exported; c.Held != 0 || got%int64(size) != 0 || c.Offered != int64(3*size) || got+c.Dropped.QueueFull != int64(3*size) || got == 0 {
				t.Errorf("%v, traces of %d: %v, %+v", overflow, size, err, c.Counters)
			}
			if err != nil && !errors.As(err, &lost) {
				t.Error(err)
			}
		}
	}
}
