package propagators

import (
	"cmp"
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/w3c"
)

// Headers carries the ids in two headers, in hexadecimal digits: what kolosys/lumen calls its header
// format. It carries neither the sampled flag nor the trace state. A caller that sends it counts as
// sampled, so that the rates of this service decide.
type Headers struct {
	// TraceID and SpanID are the names of the headers; "" is X-Trace-ID and X-Span-ID.
	TraceID, SpanID string
}

func (h Headers) names() (traceID, spanID string) {
	return cmp.Or(h.TraceID, "X-Trace-ID"), cmp.Or(h.SpanID, "X-Span-ID")
}

// Inject sets both headers to the span of ctx, if it has one.
func (h Headers) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return
	}
	traceID, spanID := h.names()
	carrier.Set(traceID, sc.TraceID().String())
	carrier.Set(spanID, sc.SpanID().String())
}

// Extract returns ctx with the remote span context of carrier. Without a span id, the next span
// begins at the root of the caller's trace. If either id isn't valid or has more than one line, it
// returns ctx.
func (h Headers) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	traceName, spanName := h.names()
	text, ok := w3c.Single(carrier, traceName)
	if !ok || len(text) != 32 {
		return ctx
	}
	traceID, err := trace.TraceIDFromHex(strings.ToLower(text))
	if err != nil {
		return ctx
	}
	c := trace.SpanContextConfig{TraceID: traceID, TraceFlags: trace.FlagsSampled, Remote: true}
	if len(w3c.ValuesOf(carrier, spanName)) > 0 {
		text, ok = w3c.Single(carrier, spanName)
		if !ok || text != "" && len(text) != 16 {
			return ctx
		}
		if c.SpanID, err = trace.SpanIDFromHex(strings.ToLower(text)); err != nil && text != "" {
			return ctx
		}
	}
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(c))
}

// Fields returns the names of the headers.
func (h Headers) Fields() []string {
	traceID, spanID := h.names()
	return []string{traceID, spanID}
}
