package debugged_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/propagation"

	"github.com/tracehook/tracehook/otelbridge/propagators/debugged"
)

func Example() {
	p := debugged.B3{}
	ctx := p.Extract(context.Background(), propagation.MapCarrier{"b3": "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-d"})
	out := propagation.MapCarrier{}
	p.Inject(ctx, out)
	fmt.Println(out["b3"])
	// Output: 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-d
}
