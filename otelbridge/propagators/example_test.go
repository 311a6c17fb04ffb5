package propagators_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/otelbridge/propagators"
)

func Example() {
	p := &propagators.Composite{Extractors: []propagation.TextMapPropagator{propagators.TraceContext{}, propagators.Headers{}}}
	ctx := p.Extract(context.Background(), propagation.MapCarrier{
		"X-Trace-ID":  "0af7651916cd43dd8448eb211c80319c", // and no span: the other says more
		"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	})
	fmt.Println(trace.SpanContextFromContext(ctx).TraceID(), p.Conflicts())
	// Output: 4bf92f3577b34da6a3ce929d0e0e4736 1
}
