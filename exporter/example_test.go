package exporter_test

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
)

// greeter writes the name of each span behind a word from its settings.
type greeter struct{ word string }

func (g greeter) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		fmt.Println(g.word, s.Name())
	}
	return nil
}

func (greeter) Shutdown(context.Context) error { return nil }

// Example is a driver, and a program that uses it.
func Example() {
	ctx := context.Background()
	driver := func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
		table := s.Table("setting")
		g := greeter{table.String("hello", "word")}
		return g, table.Err() // a key that nobody has read is an error
	}
	cfg, err := config.Parse([]byte("[trace]\ndriver = 'greeter'\nsetting = { word = 'bye' }"), "toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	bridge, err := otelbridge.New(ctx, cfg, otelbridge.WithDriver("greeter", driver))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, span := bridge.TracerProvider().Tracer("app").Start(ctx, "work")
	span.End()
	if err := bridge.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output: bye work
}
