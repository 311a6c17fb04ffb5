package sampler

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type callerKey struct{}

// ContextWithCaller says that caller has sent the request or message of ctx, though it is no
// parent: under [EdgeRestart], a trace that begins in ctx is linked to it.
func ContextWithCaller(ctx context.Context, caller trace.SpanContext) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// linkCaller links a span that begins a trace to the caller that ctx names.
func linkCaller(ctx context.Context, s sdktrace.ReadWriteSpan) {
	if caller, ok := ctx.Value(callerKey{}).(trace.SpanContext); ok {
		s.AddLink(trace.Link{SpanContext: caller})
	}
}
