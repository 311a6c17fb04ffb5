package propagators

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Composite injects by all of some propagators, and extracts by all of others. If several of them
// find a span context in one request, the most complete one counts, whatever the order: one with a
// span id before one without, then one with a trace state, then the one that is listed first.
//
// It is not copied after first use.
type Composite struct {
	// Extractors read, and Injectors write. They aren't changed after first use.
	Extractors, Injectors []propagation.TextMapPropagator
	// OnConflict is called once, when a request holds contexts of two traces for the first time; nil
	// is nobody. It must not block.
	OnConflict func()

	told      sync.Once
	conflicts atomic.Int64
}

// Conflicts returns how many requests held contexts of two traces.
func (c *Composite) Conflicts() int64 { return c.conflicts.Load() }

// Inject writes the context by all injectors.
func (c *Composite) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	for _, p := range c.Injectors {
		p.Inject(ctx, carrier)
	}
}

// Extract returns ctx with what all extractors find, and of several span contexts the most complete.
func (c *Composite) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	if len(c.Extractors) == 1 {
		return c.Extractors[0].Extract(ctx, carrier)
	}
	before := trace.SpanContextFromContext(ctx)
	best, bestScore := -1, 0
	var found trace.SpanContext
	conflict := false
	for i, p := range c.Extractors {
		next := p.Extract(ctx, carrier)
		sc := trace.SpanContextFromContext(next)
		if sc.Equal(before) {
			ctx = next //nolint:fatcontext // each adds what it alone reads, such as baggage
			continue
		}
		conflict = conflict || best >= 0 && sc.TraceID() != found.TraceID()
		if s := score(sc); s > bestScore {
			best, bestScore, found = i, s, sc
		}
	}
	if best < 0 {
		return ctx
	}
	if conflict {
		c.conflicts.Add(1)
		if c.OnConflict != nil {
			c.told.Do(c.OnConflict)
		}
	}
	return c.Extractors[best].Extract(ctx, carrier)
}

// score says how complete a span context is; above 0 if it is any.
func score(sc trace.SpanContext) int {
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
	slices.Sort(fields)
	return slices.Compact(fields)
}
