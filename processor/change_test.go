package processor_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// keeper keeps the spans that it is given.
type keeper struct {
	mu    sync.Mutex
	spans []sdktrace.ReadOnlySpan
}

func (k *keeper) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spans = append(k.spans, spans...)
	return nil
}

func (*keeper) Shutdown(context.Context) error { return nil }

func (k *keeper) open(context.Context) (sdktrace.SpanExporter, error) { return k, nil }

func state(t *testing.T, s string) trace.TraceState {
	t.Helper()
	ts, err := trace.ParseTraceState(s)
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

func TestExportedCopySaysWhatItsConnectionDecided(t *testing.T) {
	t.Parallel()
	half := decision.FromProbability(0.5)
	stub := processortest.Stub(1)
	stub.SpanContext = stub.SpanContext.WithTraceFlags(0).WithTraceState(state(t, "ot=th:0,other=x"))
	stub.Attributes = make([]attribute.KeyValue, 0, 8) // with room to spare, as the SDK's have
	stub.Attributes = append(stub.Attributes, attribute.String("own", "1"))
	span := stub.Snapshot()

	var all []*keeper
	conn := func(name string, v decision.Verdict, explain processor.Explain) processor.ConnectionConfig {
		k := &keeper{}
		all = append(all, k)
		v.Keep = true
		return processor.ConnectionConfig{
			Name: name, Open: k.open, Explain: explain,
			Decider: decide(func(*decision.Span, float64) decision.Verdict { return v }),
		}
	}
	why := func(name string) processor.Explain {
		return func(v decision.Verdict) []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String("why", name+" "+v.Reason.String())}
		}
	}
	f := open(t, processor.Options{},
		conn("sampled flag only", decision.Verdict{Threshold: decision.Always}, nil),
		conn("one member", decision.Verdict{Rewrite: true, State: state(t, "ot=th:8"), Threshold: half}, nil),
		conn("two members", decision.Verdict{Rewrite: true, State: state(t, "ot=th:8,other=x"), Threshold: half}, nil),
		conn("no member", decision.Verdict{Rewrite: true, Threshold: half}, nil),
		conn("explained", decision.Verdict{Reason: decision.ByError}, why("a")),
		conn("explained, too", decision.Verdict{Reason: decision.BySlow}, why("b")),
		conn("explained badly", decision.Verdict{}, func(decision.Verdict) []attribute.KeyValue {
			panic("no idea") //nolint:forbidigo // the fault under test
		}))
	f.OnEnd(span)
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range all {
		s := k.spans[0]
		got = append(got, fmt.Sprint(s.SpanContext().IsSampled(), " ", s.SpanContext().TraceState(), " ", len(s.Attributes()),
			" ", s.Attributes()[len(s.Attributes())-1].Value.AsString()))
	}
	want := []string{
		"true ot=th:0,other=x 1 1",
		"true ot=th:8 1 1",
		"true ot=th:8,other=x 1 1",
		"true  1 1",
		"true ot=th:0,other=x 2 a error",
		"true ot=th:0,other=x 2 b slow",
		"true ot=th:0,other=x 1 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sampled, tracestate, attributes (-want +got):\n%s", diff)
	}
	if span.SpanContext().IsSampled() || len(span.Attributes()) != 1 {
		t.Error("the span itself was changed")
	}
}

func TestEachSpanKeepsItsOwnTracestate(t *testing.T) {
	t.Parallel()
	// All at one threshold: remembered changes must not be given to the wrong span.
	half := decision.FromProbability(0.5)
	states := make([]trace.TraceState, 200)
	for i := range states {
		states[i] = state(t, fmt.Sprintf("ot=th:8;rv:%014x", int64(i)+1<<55))
	}
	k := &keeper{}
	f := open(t, processor.Options{}, processor.ConnectionConfig{
		Name: "c", Open: k.open,
		Decider: decide(func(s *decision.Span, _ float64) decision.Verdict {
			return decision.Verdict{Keep: true, Rewrite: true, State: states[number(s.Ended)], Threshold: half, Known: true}
		}),
	})
	end(f, 1, 200)
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range k.spans {
		if got, want := s.SpanContext().TraceState().String(), states[number(s)].String(); got != want {
			t.Fatalf("span %d has %s, want %s", number(s), got, want)
		}
	}
	if got := f.Stats().Connections["c"].Adjusted.Exported; math.Abs(got-2*199) > 1e-9 {
		t.Errorf("199 spans at one half stand for %v, want 398", got)
	}
}

func TestAdjustedCountsOfExportedAndLostAreUnbiased(t *testing.T) {
	t.Parallel()
	// A tenth of all spans is kept, some are lost to a limit, some to a full queue, some to a
	// failing export; what the rest and the losses stood for estimates all.
	const total = 200_000
	tenth := decision.FromProbability(0.1)
	e := processortest.NewFunc(func(call int) processortest.Step {
		if call%3 == 0 {
			return processortest.Step{Partial: &processortest.Partial{Exported: 2, Failed: 3}}
		}
		return processortest.Step{}
	})
	f := open(t, processor.Options{}, processor.ConnectionConfig{
		Name: "c", Open: e.Open, QueueSize: 64, BatchSize: 16,
		Decider: decide(func(s *decision.Span, _ float64) decision.Verdict {
			v := decision.Verdict{Keep: tenth.Keeps(s.State.Randomness), Threshold: tenth, Rule: -1}
			if v.Keep && number(s.Ended)%5 == 0 {
				v.Keep, v.Reason = false, decision.ByLimit
			}
			return v
		}),
	})
	end(f, 1, total+1)
	_ = f.Shutdown(t.Context())
	c := f.Stats().Connections["c"]
	a := c.Adjusted
	sum := a.Exported + a.Failed + a.Spooled + a.RateLimited + a.Dropped.QueueFull
	// The standard deviation is sqrt(total * 9) = 1342.
	if math.Abs(sum-total) > 5*1342 {
		t.Errorf("the estimate is %.0f, want %d +- 5 * 1342", sum, total)
	}
	if c.RateLimited == 0 || c.Failed == 0 || c.Spooled == 0 {
		t.Errorf("nothing was lost: %+v", c)
	}
	for _, p := range []struct {
		spans    int64
		adjusted float64
	}{
		{c.Exported, a.Exported},
		{c.Failed, a.Failed},
		{c.Spooled, a.Spooled},
		{c.RateLimited, a.RateLimited},
		{c.Dropped.QueueFull, a.Dropped.QueueFull},
	} {
		if want := float64(p.spans) * tenth.AdjustedCount(); math.Abs(p.adjusted-want) > 1e-6*want {
			t.Errorf("%d spans stand for %v, want %v", p.spans, p.adjusted, want)
		}
	}
}

func TestWithoutADeciderTheSampledFlagDecides(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	f := open(t, processor.Options{},
		processor.ConnectionConfig{Name: "none", Open: k.open},
		processor.ConnectionConfig{Name: "panics", Open: (&keeper{}).open, Decider: decide(func(*decision.Span, float64) decision.Verdict {
			panic("bad rule") //nolint:forbidigo // the fault under test
		})})
	unsampled := processortest.Stub(2)
	unsampled.SpanContext = unsampled.SpanContext.WithTraceFlags(0)
	f.OnEnd(processortest.Span(1))
	f.OnEnd(unsampled.Snapshot())
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, c := range f.Stats().Connections {
		if c.Exported != 1 || c.SampledOut != 1 {
			t.Errorf("%s: %d exported, %d sampled out; want 1, 1", name, c.Exported, c.SampledOut)
		}
	}
	if !slices.ContainsFunc(k.spans, func(s sdktrace.ReadOnlySpan) bool { return number(s) == 1 }) {
		t.Error("the wrong one was exported")
	}
}

// stalling keeps spans, one export at a time and only when let.
type stalling struct {
	keeper
	let chan struct{}
}

func (s *stalling) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	<-s.let
	return s.keeper.ExportSpans(ctx, spans)
}

// A span that waits for two connections in turn is what each of them makes of it.
func TestWaitingForConnectionsKeepsTheirVerdictsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		exporters := []*stalling{{let: let}, {let: let}}
		var conns []processor.ConnectionConfig
		for i, e := range exporters {
			th := decision.FromProbability(1 / float64(i+2))
			v := decision.Verdict{Keep: true, Threshold: th, Rewrite: true, State: state(t, "ot=th:"+th.String())}
			conns = append(conns, processor.ConnectionConfig{
				Name: th.String(), QueueSize: 4, BatchSize: 2, Overflow: processor.OverflowBlock, BlockTimeout: time.Hour,
				Open:    func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
				Decider: decide(func(*decision.Span, float64) decision.Verdict { return v }),
			})
		}
		f := open(t, processor.Options{}, conns...)
		go end(f, 1, 21)
		synctest.Wait() // both are full, and End waits
		close(let)
		synctest.Wait()
		if err := f.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, e := range exporters {
			if len(e.spans) != 20 {
				t.Errorf("%d spans, want 20", len(e.spans))
			}
			for _, s := range e.spans {
				if got, want := s.SpanContext().TraceState().String(), "ot=th:"+conns[i].Name; got != want {
					t.Errorf("span %d says %s, want %s", number(s), got, want)
				}
			}
		}
	})
}
