package greptime

import (
	"context"
	"errors"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/spool"
)

// Driver returns the driver "greptime". Its exporters are [*Exporter] values, or [*Spooled]
// ones where the connection has a spool.
func Driver() exporter.Driver {
	return exporter.Driver{
		Spool: true,
		New: func(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			o, keep, err := read(s)
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
