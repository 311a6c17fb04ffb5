// Existing-otel is an application that is on OTel already: it owns its TracerProvider and
// its sampler. Two options add the connections of a trace.toml, and one line the framework's API.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"maps"
	"slices"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

//go:embed trace.toml
var traceTOML []byte

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	cfg, err := config.Parse(traceTOML, "toml")
	if err != nil {
		return err
	}
	bridge, err := otelbridge.New(ctx, cfg)
	if err != nil {
		return err
	}

	// What the application had. SamplerOver changes neither flags nor what its own exporters get.
	theirs := sdktrace.ParentBased(sdktrace.AlwaysSample())
	tp := sdktrace.NewTracerProvider(
		// The two options.
		sdktrace.WithSampler(bridge.SamplerOver(theirs)),
		sdktrace.WithSpanProcessor(bridge.SpanProcessor()),
	)
	tracehook.Attach(bridge.HookFor(tp)) // for ctx.Begin and ctx.Trace

	work(ctx, tp)

	err = tp.Shutdown(ctx) // flushes and closes the connections too
	connections := bridge.Stats().Connections
	for _, name := range slices.Sorted(maps.Keys(connections)) {
		c := connections[name]
		fmt.Printf("%s: offered %d, exported %d, left out %d\n", name, c.Offered, c.Exported, c.SampledOut)
	}
	return err
}

// work mixes the application's tracer with the framework's API in one trace.
func work(ctx context.Context, tp trace.TracerProvider) {
	ctx, span := tp.Tracer("app").Start(ctx, "nightly report")
	defer span.End()
	meta := tracehook.NewMeta().WithContext(ctx)
	for _, shop := range []string{"berlin", "lisbon", "oslo"} {
		step := meta.Begin("service:report.build", tracehook.TraceAttrs("report", tracehook.TraceKindService, shop))
		if shop == "oslo" {
			step.End(errors.New("no numbers yet"))
			continue
		}
		step.End()
	}
}
