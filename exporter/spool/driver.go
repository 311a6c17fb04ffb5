package spool

import (
	"context"
	"errors"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// Driver returns a network driver. Read turns the settings of a connection into the options of its
// exporter, and refuses what [exporter.Settings.RequireTLS] forbids; plain makes that exporter, and spooled makes it for a connection that has a spool.
func Driver[O any, P, S sdktrace.SpanExporter](
	read func(exporter.Settings) (O, error),
	plain func(context.Context, O) (P, error),
	spooled func(context.Context, O, Options) (S, error),
) exporter.Driver {
	readAll := func(s exporter.Settings) (O, *Options, error) {
		o, err := read(s)
		keep, spoolErr := FromSettings(s)
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
		Claims:  Claims,
		Spool:   true,
		Network: true,
		TLS:     true,
	}
}
