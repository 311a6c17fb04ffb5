package sampler_test

import (
	"context"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// console and backend are connections as one has them by default: only the second one votes.
func console(tb testing.TB) *sampler.Policy {
	tb.Helper()
	return policy(tb, sampler.Config{Connection: "console", Rate: 1, Error: true})
}

func backend(tb testing.TB) *sampler.Policy {
	tb.Helper()
	return policy(tb, sampler.Config{Connection: "backend", Rate: 0.2, Error: true, Propagate: true})
}

// A message that this process has sent itself is decided like a local child, after the sender has
// ended, too: a console at 1 shows both sides of each hop, though only a fifth is sampled.
func TestOwnHopsAreLocal(t *testing.T) {
	t.Parallel()
	p := newProcess(console(t), backend(t))
	const n = 300
	var queue []propagation.MapCarrier
	for range n {
		queue = append(queue, headers(p.span(t.Context(), "send")))
	}
	for _, carrier := range queue {
		ctx := propagation.TraceContext{}.Extract(t.Context(), carrier)
		ctx = p.span(ctx, "receive")
		again := propagation.TraceContext{}.Extract(t.Context(), headers(ctx))
		p.span(p.span(again, "second hop"), "work")
	}
	for _, name := range []string{"send", "receive", "second hop", "work"} {
		if got := len(p.kept[0][name]); got != n {
			t.Errorf("the console has %d of %d %q", got, n, name)
		}
		if got := len(p.kept[1][name]); got < n/10 || got > n/3 {
			t.Errorf("the backend has %d of %d %q, want about a fifth", got, n, name)
		}
		for _, w := range append(p.kept[0][name], p.kept[1][name]...) {
			if w.origin != decision.Local || !w.known {
				t.Errorf("%q is %+v, want local and of known weight", name, w)
			}
		}
	}
}

// A hop by way of another service is none: what that has decided holds. The spans on this side,
// before and after, stay local.
func TestAnotherServicesDecisionHoldsForItsPartOnly(t *testing.T) {
	t.Parallel()
	p := newProcess(console(t), backend(t))
	const n = 300
	sampled := 0
	for range n {
		ctx, span := p.tracer.Start(t.Context(), "outer")
		carrier := headers(ctx)
		// The other service makes a span of its own.
		sc := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(t.Context(), carrier))
		if sc.IsSampled() {
			sampled++
		}
		other := trace.ContextWithRemoteSpanContext(t.Context(), sc.WithSpanID(trace.SpanID{0: 9, 7: 9}))
		p.span(p.span(other, "back"), "below")
		p.span(ctx, "inner")
		span.End()
	}
	for name, want := range map[string]int{"outer": n, "inner": n, "back": sampled, "below": sampled} {
		if got := len(p.kept[0][name]); got != want {
			t.Errorf("the console has %d %q, want %d", got, name, want)
		}
	}
	for _, w := range p.kept[0]["below"] {
		if w.origin != decision.Inherited || w.weight < 4.99 || w.weight > 5.01 {
			t.Errorf("below the other service: %+v, want its weight, 5", w)
		}
	}
}

// A stranger can't make a hop its own by guessing.
func TestStrangersAreNoOwnHop(t *testing.T) {
	t.Parallel()
	p := newProcess(console(t), backend(t))
	sc := trace.SpanContextFromContext(p.span(t.Context(), "ours"))
	for _, forged := range []trace.SpanContext{
		spanContext(sc.TraceID(), trace.SpanID{7: 1}, 0, trace.TraceState{}),
		spanContext(trace.TraceID{0: 1, 15: 1}, sc.SpanID(), 0, trace.TraceState{}),
	} {
		p.span(trace.ContextWithRemoteSpanContext(t.Context(), forged), "forged")
	}
	if got := len(p.kept[0]["forged"]); got != 0 {
		t.Errorf("%d unsampled spans of strangers were kept", got)
	}
}

// A parent of another provider in the same process has its own sampler: its decision holds.
func TestAnotherProvidersSpanIsAnEntry(t *testing.T) {
	t.Parallel()
	p := newProcess(policy(t, sampler.Config{Rate: 1, Propagate: true}))
	for _, s := range []sdktrace.Sampler{sdktrace.NeverSample(), sdktrace.AlwaysSample(), sampler.TraceIDRatio(0.25)} {
		theirs := sdktrace.NewTracerProvider(sdktrace.WithSampler(s)).Tracer("theirs")
		for i := range 20 {
			ctx, span := theirs.Start(t.Context(), "theirs")
			inner, ours := p.tracer.Start(ctx, "ours")
			_, child := p.tracer.Start(inner, "child")
			for _, got := range []trace.SpanContext{ours.SpanContext(), child.SpanContext()} {
				if want := span.SpanContext(); got.IsSampled() != want.IsSampled() || got.TraceState().String() != want.TraceState().String() {
					t.Fatalf("%s, span %d: sampled %v with %q, want %v with %q", s.Description(), i,
						got.IsSampled(), got.TraceState(), want.IsSampled(), want.TraceState())
				}
			}
			child.End()
			ours.End()
			span.End()
		}
	}
}

// A span of another provider that this process has begun is no hop of our own when it comes back
// by the wire: that provider's sampler has decided.
func TestAnotherProvidersSpanComesBack(t *testing.T) {
	t.Parallel()
	p := newProcess(policy(t, sampler.Config{Rate: 1, Propagate: true}))
	theirs := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler.TraceIDRatio(0.5)), sdktrace.WithSpanProcessor(p)).Tracer("theirs")
	ctx, span := theirs.Start(trace.ContextWithSpanContext(t.Context(), spanContext(high(), trace.SpanID{}, 0, trace.TraceState{})), "theirs")
	back := propagation.TraceContext{}.Extract(t.Context(), headers(ctx))
	p.span(p.span(back, "back"), "below")
	span.End()
	for name, want := range map[string]decision.Origin{"theirs": decision.Foreign, "back": decision.Inherited, "below": decision.Inherited} {
		all := p.kept[0][name]
		if len(all) != 1 || all[0].origin != want || all[0].known != (want != decision.Foreign) {
			t.Errorf("%s: %+v, want one of origin %v", name, all, want)
		}
	}
}

// An export's span of another provider hides its context from ours, which doesn't matter.
func TestExportsAcrossProviders(t *testing.T) {
	t.Parallel()
	p := newProcess(policy(t, sampler.Config{Rate: 1, Propagate: true}))
	theirs := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p)).Tracer("theirs")
	ctx, span := p.tracer.Start(t.Context(), "application")
	defer span.End()
	outer, export := theirs.Start(decision.ExportContext(ctx), "export")
	inner, request := theirs.Start(outer, "request")
	for _, ctx := range []context.Context{outer, inner} {
		if _, s := p.tracer.Start(ctx, "ours"); s.IsRecording() {
			s.End()
			t.Error("a span below an export's is recorded")
		}
	}
	request.End()
	export.End()
	if len(p.kept[0]) != 0 {
		t.Errorf("kept %v", p.kept[0])
	}
	if got := p.head.Dropped(); got != 0 {
		t.Errorf("%d spans of exports count as dropped", got)
	}
}

// Below an unsampled remote parent nothing is sampled, at any depth, though the head dropped all
// spans between and would sample such a trace if it began here.
func TestDroppedParentsKeepTheirDecision(t *testing.T) {
	t.Parallel()
	for _, lent := range []bool{false, true} {
		p := newProcess(policy(t, sampler.Config{Rate: 1, Propagate: true}))
		if lent {
			p.tracer = sdktrace.NewTracerProvider(sdktrace.WithSampler(p.head), sdktrace.WithSpanProcessor(p)).Tracer("lent")
		}
		ctx := arrived(t, high(), 0, "")
		for depth := range 5 {
			var span trace.Span
			if ctx, span = p.tracer.Start(ctx, "x"); span.IsRecording() || span.SpanContext().IsSampled() {
				t.Fatalf("lent %v: at depth %d below an unsampled parent: recording %v, sampled %v",
					lent, depth, span.IsRecording(), span.SpanContext().IsSampled())
			}
			span.End()
		}
	}
}

// A worker that began under a configuration that dropped everything is seen after a reload, but
// nothing below a stranger's unsampled span is.
func TestDroppedParentsAfterAReload(t *testing.T) {
	t.Parallel()
	p := newProcess(policy(t, sampler.Config{Rate: 0.0001, Propagate: true}))
	loose := policy(t, sampler.Config{Rate: 1, Propagate: true})
	local := trace.ContextWithSpanContext(t.Context(), spanContext(low(), trace.SpanID{}, 0, trace.TraceState{}))
	local, worker := p.tracer.Start(local, "worker")
	entered, request := p.tracer.Start(arrived(t, trace.TraceID{0: 2, 9: 0x20}, 0, ""), "request")
	exporting, export := p.tracer.Start(decision.ExportContext(t.Context()), "export")
	for _, s := range []trace.Span{worker, request, export} {
		if s.IsRecording() {
			t.Fatal("recorded at a rate of nothing")
		}
	}
	p.policies[0] = loose
	p.head.Swap(loose)
	p.span(local, "of the worker")
	p.span(entered, "of the request")
	p.span(exporting, "of the export")
	if got := fmt.Sprint(len(p.kept[0]["of the worker"]), len(p.kept[0]["of the request"]), len(p.kept[0]["of the export"])); got != "1 0 0" {
		t.Errorf("of the worker, the request and the export are kept: %s, want 1 0 0", got)
	}
}

// What was pushed out of the notes is of unknown weight at worst, never of a wrong one.
func TestLostNotes(t *testing.T) {
	t.Parallel()
	p := newProcess(policy(t, sampler.Config{Rate: 1, Propagate: true, Error: true}))
	deep := func(ctx context.Context) context.Context {
		return p.span(p.span(p.span(ctx, "1"), "2"), "3")
	}
	local := deep(t.Context())
	entered := deep(arrived(t, high(), trace.FlagsSampled, "ot=th:8"))
	open, request := p.tracer.Start(arrived(t, high(), trace.FlagsSampled, "ot=th:8"), "open")
	p.head.Forget()
	p.span(local, "below a local one")
	p.span(entered, "below a remote one")
	p.span(p.span(open, "child"), "below an open one")
	p.span(p.span(t.Context(), "root"), "below a new one")
	request.End()
	for name, want := range map[string]decision.Origin{
		"below an open one": decision.Inherited, "open": decision.Inherited, "below a new one": decision.Local,
		"below a local one": decision.Unknown, "below a remote one": decision.Unknown,
	} {
		all := p.kept[0][name]
		if len(all) != 1 || all[0].origin != want || all[0].known != (want != decision.Unknown) {
			t.Errorf("%s: %+v, want one of origin %v", name, all, want)
		}
	}
}

// A span of the head's own provider allocates no more than one that the SDK samples always: where
// it is a root, a child, below a remote parent, or below a span of this process that came back.
func TestSpansAllocateNoMoreThanTheSDKs(t *testing.T) {
	allocs := func(tracer trace.Tracer, ctx context.Context) float64 {
		return testing.AllocsPerRun(2000, func() {
			_, span := tracer.Start(ctx, "service:user.login")
			span.End()
		})
	}
	theirs := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithSpanProcessor(nothing{})).Tracer("plain")
	for _, rate := range []float64{1, 0.5} {
		head := sampler.NewHead(policy(t, sampler.Config{Rate: rate, Propagate: true, Error: true}))
		ours := head.NewTracerProvider(sdktrace.WithSpanProcessor(noting{head})).Tracer("ours")
		root := trace.ContextWithSpanContext(t.Context(), spanContext(high(), trace.SpanID{}, 0, trace.TraceState{}))
		parent, span := ours.Start(root, "parent")
		defer span.End()
		sent := trace.ContextWithRemoteSpanContext(t.Context(), trace.SpanContextFromContext(parent))
		ids := newIDs(1)
		for name, ctx := range map[string]context.Context{
			"root": root, "child": parent, "hop": sent,
			"remote":      arrived(t, high(), trace.FlagsSampled, "ot=th:8,v=1"),
			"not sampled": arrived(t, ids.trace(), 0, "v=1"),
		} {
			if got, want := allocs(ours, ctx), allocs(theirs, ctx); got > want {
				t.Errorf("%s at %v: %v allocations, the SDK alone has %v", name, rate, got, want)
			}
		}
	}
}

// noting is a processor that does nothing but tell the head.
type noting struct{ head *sampler.Head }

func (n noting) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) { n.head.Started(ctx, s) }
func (noting) Shutdown(context.Context) error                          { return nil }
func (noting) ForceFlush(context.Context) error                        { return nil }

func (n noting) OnEnd(ended sdktrace.ReadOnlySpan) {
	sc := ended.SpanContext()
	s := decision.Span{Ended: ended, Context: sc, State: decision.ReadState(sc.TraceState(), sc.TraceID())}
	n.head.Ended(&s)
}

type nothing struct{ noting }

func (nothing) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (nothing) OnEnd(sdktrace.ReadOnlySpan)                     {}
