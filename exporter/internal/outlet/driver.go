package outlet

import (
	"context"
	"errors"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/spool"
)

// Driver returns the driver of a destination: read is given the settings of a connection, plain
// makes its exporter, and spooled the one of a connection with a spool.
func Driver[O any, P, S sdktrace.SpanExporter](
	read func(exporter.Settings) (O, error),
	plain func(context.Context, O) (P, error),
	spooled func(context.Context, O, spool.Options) (S, error),
) exporter.Driver {
	readAll := func(s exporter.Settings) (O, *spool.Options, error) {
		o, err := read(s)
		keep, spoolErr := spool.FromSettings(s)
		return o, keep, errors.Join(err, spoolErr)
	}
	return exporter.Driver{
		New: func(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			o, keep, err := readAll(s)
			switch {
			case err != nil:
				return nil, err
			case keep != nil:
				return spooled(ctx, o, *keep)
			default:
				return plain(ctx, o)
			}
		},
		Check: func(s exporter.Settings) error {
			_, _, err := readAll(s)
			return err
		},
		Claims:  spool.Claims,
		Spool:   true,
		Network: true,
	}
}
