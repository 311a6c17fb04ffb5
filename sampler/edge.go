package sampler

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
)

// ContextWithCaller says that caller has sent the request or message of ctx, though it is no
// parent: a trace that begins in ctx is linked to it.
func ContextWithCaller(ctx context.Context, caller trace.SpanContext) context.Context {
	return inbound.WithCaller(ctx, caller)
}

// linkCaller links a span that begins a trace to the caller that ctx names.
func linkCaller(ctx context.Context, s sdktrace.ReadWriteSpan) {
	if caller, ok := inbound.CallerOf(ctx); ok {
		s.AddLink(trace.Link{SpanContext: caller})
	}
}
