package console

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// Driver returns the driver "console". Format "tree" draws each finished trace; any other
// format is a template of lines; JSON lines go before both. It has no vote on the sampled
// flag.
func Driver() exporter.Driver {
	return exporter.Driver{
		New: func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			e, err := New(s)
			if err != nil {
				return nil, err
			}
			return e, nil
		},
		Check: func(s exporter.Settings) error {
			_, err := New(s)
			return err
		},
		Local: true,
	}
}
