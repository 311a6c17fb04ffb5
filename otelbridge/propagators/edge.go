package propagators

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
)

// Edge is a propagator for the edge of a system, whose callers aren't trusted. Extract drops their span
// context, so that a new trace begins, and all of their baggage but some members. Inject is that of
// Propagator.
type Edge struct {
	// Propagator reads and writes. It must not be nil.
	Propagator propagation.TextMapPropagator
	// Ignore forgets the caller. Otherwise the new trace is linked to the caller's span, by the helpers
	// for entries and by a Bridge's head sampler.
	Ignore bool
	// Baggage names the members of baggage that pass; none does by default.
	Baggage []string
}

// Inject writes the context.
func (e Edge) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	e.Propagator.Inject(ctx, carrier)
}

// Extract returns ctx with what passes the edge.
func (e Edge) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	return e.Filter(ctx, e.Propagator.Extract(ctx, carrier))
}

// Filter returns ctx with what of extracted passes the edge: that is ctx with what was read from a
// request.
func (e Edge) Filter(ctx, extracted context.Context) context.Context {
	out := ctx
	if len(e.Baggage) > 0 {
		var passed []baggage.Member
		for _, m := range baggage.FromContext(extracted).Members() {
			if slices.Contains(e.Baggage, m.Key()) {
				passed = append(passed, m)
			}
		}
		if bag, err := baggage.New(passed...); err == nil && len(passed) > 0 {
			out = baggage.ContextWithBaggage(out, bag)
		}
	}
	if e.Ignore {
		return out
	}
	if caller := trace.SpanContextFromContext(extracted); caller.IsRemote() && caller.IsValid() {
		out = inbound.WithCaller(out, caller)
	}
	return out
}

// Fields returns the names of the fields that are written.
func (e Edge) Fields() []string { return e.Propagator.Fields() }
