package sampler

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
)

// linkCaller links a span that begins a trace to the caller that ctx names.
func linkCaller(ctx context.Context, s sdktrace.ReadWriteSpan) {
	if caller, ok := inbound.CallerOf(ctx); ok {
		s.AddLink(trace.Link{SpanContext: caller})
	}
}
