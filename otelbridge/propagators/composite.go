package propagators

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
)

// Composite injects by all of some propagators, and extracts by all of others. If several of them
// find a span context in one request, the most complete one counts, whatever the order: one with a
// span id before one without, then one with a trace state, then the one that is listed first.
//
// It is not copied after first use.
type Composite struct {
	// Extractors read, and Injectors write. They aren't changed after first use.
	Extractors, Injectors []propagation.TextMapPropagator
	// Hosts are the propagators that write requests to some hosts, in place of Injectors; see
	// [ContextWithHost].
	// It isn't changed after first use.
	Hosts []Host
	// OnConflict is called once, when a request holds contexts of two traces for the first time; nil is not
	// called. It must not block.
	OnConflict func()

	told      sync.Once
	conflicts atomic.Int64
}

// Conflicts returns how many requests held contexts of two traces.
func (c *Composite) Conflicts() int64 { return c.conflicts.Load() }

// Inject writes the context by all injectors.
func (c *Composite) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	for _, p := range c.injectors(ctx) {
		p.Inject(ctx, carrier)
	}
}

// Extract returns ctx with what all extractors find, and of several span contexts the most complete.
func (c *Composite) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	if len(c.Extractors) == 1 {
		return c.Extractors[0].Extract(ctx, carrier)
	}
	current := trace.SpanContextFromContext(ctx)
	best, conflict := 0, false
	for _, p := range c.Extractors {
		next := p.Extract(ctx, carrier)
		sc := trace.SpanContextFromContext(next)
		switch s := score(&sc); {
		case same(&sc, &current): // it adds what it alone reads, such as baggage
			ctx = next //nolint:fatcontext // there are as many as propagators
		case best == 0:
			ctx, current, best = next, sc, s
		default:
			conflict = conflict || sc.TraceID() != current.TraceID()
			if s > best {
				ctx, next, current, best = next, ctx, sc, s
			}
			if sc.TraceID() == current.TraceID() {
				ctx = wishing(ctx, next)
			}
		}
	}
	if conflict {
		c.conflicts.Add(1)
		if c.OnConflict != nil {
			c.told.Do(c.OnConflict)
		}
	}
	return ctx
}

// wishing returns ctx, marked as debugged if the other context of the same trace is.
func wishing(ctx, other context.Context) context.Context {
	if inbound.WishOf(other) == inbound.Debug && inbound.WishOf(ctx) != inbound.Debug {
		return inbound.WithWish(ctx, inbound.Debug)
	}
	return ctx
}

// same reports whether a and b say the same. Their trace states are compared by length: what one
// propagator found isn't the same as what another did.
func same(a, b *trace.SpanContext) bool {
	return a.SpanID() == b.SpanID() && a.TraceID() == b.TraceID() && a.TraceFlags() == b.TraceFlags() &&
		a.IsRemote() == b.IsRemote() && a.TraceState().Len() == b.TraceState().Len()
}

// score says how complete a span context is; above 0 if it is any.
func score(sc *trace.SpanContext) int {
	n := 0
	if sc.HasTraceID() {
		n++
	}
	if sc.HasSpanID() {
		n += 4
	}
	if sc.TraceState().Len() > 0 {
		n += 2
	}
	return n
}

// Fields returns the fields that the injectors set, each once.
func (c *Composite) Fields() []string {
	var fields []string
	for _, p := range c.Injectors {
		fields = append(fields, p.Fields()...)
	}
	for i := range c.Hosts {
		for _, p := range c.Hosts[i].Injectors {
			fields = append(fields, p.Fields()...)
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}
