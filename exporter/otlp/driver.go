package otlp

import (
	"context"
	"errors"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/spool"
)

// Driver returns the driver "otlp". Its exporters are [*Exporter] values, or [*Spooled] ones
// where the connection has a spool. Exporters of one Driver value share the work of encoding
// the spans that they send unchanged.
func Driver() exporter.Driver {
	encoder := newShared()
	return exporter.Driver{
		Spool: true,
		New: func(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			o, keep, err := read(s)
			o.shared = encoder
			switch {
			case err != nil:
				return nil, err
			case keep != nil:
				return NewSpooled(ctx, o, *keep)
			default:
				return New(ctx, o)
			}
		},
		Check: func(s exporter.Settings) error {
			_, _, err := read(s)
			return err
		},
		Claims:  spool.Claims,
		Network: true,
	}
}

func read(s exporter.Settings) (Options, *spool.Options, error) {
	o, err := FromSettings(s)
	keep, spoolErr := spool.FromSettings(s)
	return o, keep, errors.Join(err, spoolErr)
}
