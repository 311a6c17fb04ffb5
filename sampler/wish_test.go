package sampler_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/inbound"
	"github.com/tracehook/tracehook/sampler"
)

// A caller that debugs gets the whole trace kept, at weight one, whatever the rate; but not where the
// connection ignores parents, nor behind an edge.
func TestDebugMeansKeep(t *testing.T) {
	t.Parallel()
	const n = 200
	run := func(p *process) {
		for i := range n {
			ctx := inbound.WithWish(arrived(t, trace.TraceID{1: byte(i), 15: 1}, trace.FlagsSampled, ""), inbound.Debug)
			p.span(p.span(ctx, "request"), "child")
		}
	}
	p := newProcess(
		policy(t, sampler.Config{Rate: 0.0001, Propagate: true}),
		policy(t, sampler.Config{Rate: 0.0001, Propagate: true, IgnoreParent: true}),
	)
	run(p)
	for _, name := range []string{"request", "child"} {
		if got := len(p.kept[0][name]); got != n {
			t.Errorf("%d of %d debugged %q are kept", got, n, name)
		}
		for _, w := range p.kept[0][name] {
			if w.weight != 1 || !w.known || w.origin != decision.Debugged || w.state.Len() > 0 {
				t.Fatalf("%q is %+v, want of weight one", name, w)
			}
		}
		if got := len(p.kept[1][name]); got != 0 {
			t.Errorf("a connection that ignores parents has kept %d debugged %q", got, name)
		}
	}
	edge := newProcess(policy(t, sampler.Config{Rate: 0.0001, Propagate: true}))
	edge.head.SwapWire(sampler.Wire{Edge: sampler.EdgeRestart}, edge.policies...)
	run(edge)
	if got := len(edge.kept[0]["request"]); got > 2 {
		t.Errorf("strangers that debug get %d of %d kept behind an edge", got, n)
	}
}

// A decision that the caller defers is made here: flag and weight are as those of a root.
func TestDeferredMeansDecideHere(t *testing.T) {
	t.Parallel()
	const n = 4000
	p := newProcess(policy(t, sampler.Config{Rate: 0.25, Propagate: true}))
	ids, sampled := newIDs(4), 0
	for range n {
		ctx := inbound.WithWish(arrived(t, ids.trace(), trace.FlagsSampled, ""), inbound.Deferred)
		ctx = p.span(ctx, "request")
		if trace.SpanContextFromContext(ctx).IsSampled() {
			sampled++
		}
		p.span(ctx, "child")
	}
	for _, name := range []string{"request", "child"} {
		var e estimate
		for range n {
			e.ended(0.25)
		}
		for _, w := range p.kept[0][name] {
			if !w.known || w.origin != decision.Local {
				t.Fatalf("%q is %+v, want local and of known weight", name, w)
			}
			e.exported(w.weight)
		}
		e.check(t, name)
	}
	if sampled != len(p.kept[0]["request"]) {
		t.Errorf("%d are sampled for other services, and %d are kept", sampled, len(p.kept[0]["request"]))
	}
}

// The mark is the propagator's, not the header's: a plain propagator passes on no wish.
func TestNoWishWithoutAPropagatorThatKnowsOne(t *testing.T) {
	t.Parallel()
	carrier := propagation.MapCarrier{"b3": "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-d"}
	if w := inbound.WishOf(b3.New().Extract(context.Background(), carrier)); w != inbound.None {
		t.Errorf("wish %d", w)
	}
}
