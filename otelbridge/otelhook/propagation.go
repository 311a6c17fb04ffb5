package otelhook

import (
	"context"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/internal/w3c"
)

// Inspect implements [tracehook.Inspector]: it says which span ctx holds.
func (t *tracing) Inspect(ctx context.Context) tracehook.Position {
	pos := tracehook.Position{Silent: !t.carries.trace && !t.carries.baggage}
	if t.carries.baggage {
		pos.Baggage = baggage.FromContext(ctx).String()
	}
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return pos
	}
	pos.TraceParent = traceParent(sc)
	pos.TraceState = w3c.Text(sc.TraceState())
	pos.Remote = sc.IsRemote()
	if p := parentOf(ctx); p.IsValid() {
		pos.ParentSpanId = p.String()
	}
	return pos
}

func traceParent(sc trace.SpanContext) string {
	traceID, spanID, flags := sc.TraceID(), sc.SpanID(), [1]byte{byte(sc.TraceFlags() & (trace.FlagsSampled | trace.FlagsRandom))}
	b := append(make([]byte, 0, 55), "00-"...)
	b = append(appendHex(b, traceID[:]), '-')
	b = append(appendHex(b, spanID[:]), '-')
	return string(appendHex(b, flags[:]))
}

// parentOf returns the parent of the span in ctx; zero if it isn't known.
func parentOf(ctx context.Context) trace.SpanID {
	current := trace.SpanFromContext(ctx)
	if s, ok := current.(interface{ Parent() trace.SpanContext }); ok {
		return s.Parent().SpanID()
	}
	// A span that isn't recorded has no method Parent.
	f := frameOf(ctx)
	if f == nil || f.span.otel.SpanContext().SpanID() != current.SpanContext().SpanID() {
		return trace.SpanID{}
	}
	if f.span.remote.IsValid() {
		return f.span.remote
	}
	return trace.SpanContextFromContext(f.span.found).SpanID() //nolint:contextcheck // the context that the span was begun in
}

// Receive implements [tracehook.Receiver].
func (t *tracing) Receive(ctx context.Context, data tracehook.Metadata, fresh bool) (context.Context, bool) {
	sc := trace.SpanContextFromContext(ctx)
	if sc.IsValid() && !sc.IsRemote() {
		if fresh && t.carries.trace {
			caller := remoteSpanContext(data)
			link(trace.SpanFromContext(ctx), caller)
			hear(ctx, caller)
		}
		return ctx, false
	}
	if sc.IsValid() && !fresh {
		return ctx, false
	}
	next := ctx
	if remote := remoteSpanContext(data); t.carries.trace && remote.TraceID().IsValid() {
		next = trace.ContextWithSpanContext(next, remote)
	}
	if data.Baggage != "" && t.carries.baggage && baggage.FromContext(ctx).Len() == 0 {
		next = propagation.Baggage{}.Extract(next, propagation.MapCarrier{"baggage": data.Baggage})
	}
	return next, next != ctx
}

// link links s to a span in another trace.
func link(s trace.Span, to trace.SpanContext) {
	if to.IsValid() && to.TraceID() != s.SpanContext().TraceID() {
		s.AddLink(trace.Link{SpanContext: to})
	}
}

// carried is what a propagator takes along.
type carried struct{ trace, baggage bool }

// carriedBy asks p, which may be code of others.
func carriedBy(p propagation.TextMapPropagator) carried {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	headers := propagation.MapCarrier{}
	p.Inject(trace.ContextWithSpanContext(context.Background(), sc), headers)
	c := carried{trace: len(headers) > 0}
	member, err := baggage.NewMember("k", "v")
	if err != nil {
		return c
	}
	bag, err := baggage.New(member)
	if err != nil {
		return c
	}
	headers = propagation.MapCarrier{}
	p.Inject(baggage.ContextWithBaggage(context.Background(), bag), headers)
	c.baggage = len(headers) > 0
	return c
}

// remoteSpanContext returns the span context that d describes. Without flags it counts as
// sampled: the framework sends none, and samples everything. With a trace id alone the
// result isn't valid, but gives the next root its trace id.
func remoteSpanContext(d tracehook.Metadata) trace.SpanContext {
	if d.TraceParent != "" {
		ctx := w3c.TraceContext{}.Extract(context.Background(),
			propagation.MapCarrier{"traceparent": d.TraceParent, "tracestate": d.TraceState})
		return trace.SpanContextFromContext(ctx)
	}
	c := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled}
	var err error
	if c.TraceID, err = trace.TraceIDFromHex(lower(d.TraceId)); err != nil {
		return trace.SpanContext{}
	}
	id := d.SpanId
	if id == "" {
		id = d.ParentSpanId
	}
	if c.SpanID, err = trace.SpanIDFromHex(lower(id)); err != nil {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: c.TraceID})
	}
	c.Remote = true
	return trace.NewSpanContext(c)
}

// Inject writes what meta's context holds into carrier, for instance the headers of a
// request to another process, by the hook's propagator ([WithPropagator]). A parent that
// meta received is passed on if nothing was begun below it.
func (h *Hook[M, S]) Inject(meta M, carrier propagation.TextMapCarrier) {
	u := unitOf(meta)
	if u == nil {
		return
	}
	ctx, _, _, told := u.Current()
	if told {
		ctx = u.Receive(&h.tracing)
	}
	h.propagator.Inject(ctx, carrier)
}

// Extract takes from carrier what another process has sent, by the hook's propagator: the
// context of meta then holds it, so that spans begun on meta, and those started by anyone
// else under its context, have the sender's span as parent. It reports whether carrier
// held one. Call it before Begin; if a span of this process is current already, that one
// stays, and gets a link to the sender's.
func (h *Hook[M, S]) Extract(meta M, carrier propagation.TextMapCarrier) bool {
	u := unitOf(meta)
	if u == nil {
		return false
	}
	before, kind, entry, told := u.Current()
	if m, own := any(meta).(*tracehook.Meta); own && told {
		before = m.Receive(&h.tracing) // what was received before is older
	}
	current := trace.SpanFromContext(before)
	ctx := h.propagator.Extract(before, carrier)
	sc := trace.SpanContextFromContext(ctx)
	found := sc.IsValid() && sc.IsRemote()
	if own := current.SpanContext(); own.IsValid() && !own.IsRemote() {
		if found {
			current.AddLink(trace.Link{SpanContext: sc})
			hear(before, sc)
			ctx = baggage.ContextWithBaggage(before, baggage.FromContext(ctx))
		}
		meta.WithContext(ctx)
		return found
	}
	if m, ok := any(meta).(*tracehook.Meta); ok {
		m.Enter(ctx, kind, entry, &h.tracing) // it reads ids and flags from the context
		return found
	}
	meta.WithContext(ctx)
	if found {
		meta.TraceId(sc.TraceID().String())
		meta.SpanId("")
		meta.ParentSpanId(sc.SpanID().String())
	}
	return found
}
