package otelhook

import (
	"context"
	"reflect"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
)

// globalTracer is the Tracer of the global TracerProvider, as it is at each Start.
type globalTracer struct {
	embedded.Tracer
	name string
	opts []trace.TracerOption
	last atomic.Pointer[providerTracer] // spares a provider's lock
}

type providerTracer struct {
	trace.Tracer
	provider trace.TracerProvider
}

func (g *globalTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	provider, t := otel.GetTracerProvider(), g.last.Load()
	if t == nil || t.provider != provider {
		t = &providerTracer{provider.Tracer(g.name, g.opts...), provider}
		if reflect.ValueOf(provider).Comparable() {
			g.last.Store(t)
		}
	}
	return t.Start(ctx, name, opts...) //nolint:spancheck // the caller of Begin ends it
}
