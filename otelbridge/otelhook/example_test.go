package otelhook_test

import (
	"errors"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

func ExampleNewHook() {
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	hook := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](provider)

	ctx := tracehook.NewMeta()
	login := hook.Begin(ctx, "service:user.login", tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login"))
	_, query := provider.Tracer("database").Start(ctx.Context(), "query")
	query.End()
	login.End(errors.New("invalid password"))

	for _, s := range exporter.GetSpans() {
		fmt.Printf("%s (%s): %s %q\n", s.Name, s.SpanKind, s.Status.Code, s.Status.Description)
	}
	// Output:
	// query (internal): Unset ""
	// service:user.login (server): Error "invalid password"
}
