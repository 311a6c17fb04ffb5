package otelhook

import (
	"context"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
)

// Inspect implements [tracehook.Inspector]: it says which span ctx holds.
func (*tracing) Inspect(ctx context.Context) tracehook.Position {
	pos := tracehook.Position{Baggage: baggage.FromContext(ctx).String()}
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return pos
	}
	pos.TraceParent = traceParent(sc)
	pos.TraceState = sc.TraceState().String()
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

// inbound returns ctx with the remote parent that a carrier of ids has in store, and the
// parent's id. ctx must hold no span.
func inbound(ctx context.Context, u unit) (context.Context, trace.SpanID) {
	data, ok := u.Inbound()
	if !ok {
		return ctx, trace.SpanID{}
	}
	sc := remoteSpanContext(data)
	if sc.TraceID().IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, sc)
	}
	if data.Baggage != "" && baggage.FromContext(ctx).Len() == 0 {
		ctx = propagation.Baggage{}.Extract(ctx, propagation.MapCarrier{"baggage": data.Baggage})
	}
	return ctx, sc.SpanID()
}

// remoteSpanContext returns the span context that d describes. Without flags it counts as
// sampled: the framework sends none, and samples everything. With a trace id alone the
// result isn't valid, but gives the next root its trace id.
func remoteSpanContext(d tracehook.Metadata) trace.SpanContext {
	if d.TraceParent != "" {
		ctx := propagation.TraceContext{}.Extract(context.Background(),
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
	ctx, _, _, _ := u.Current()
	if !trace.SpanContextFromContext(ctx).IsValid() {
		ctx, _ = inbound(ctx, u)
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
	before, kind, entry, _ := u.Current()
	current := trace.SpanFromContext(before)
	ctx := h.propagator.Extract(before, carrier)
	sc := trace.SpanContextFromContext(ctx)
	found := sc.IsValid() && sc.IsRemote()
	if own := current.SpanContext(); own.IsValid() && !own.IsRemote() {
		if found {
			current.AddLink(trace.Link{SpanContext: sc})
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
