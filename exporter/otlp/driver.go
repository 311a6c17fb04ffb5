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
			o, err := FromSettings(s)
			if err != nil {
				return nil, err
			}
			o.shared = encoder
			keep, err := spool.FromSettings(s)
			if err != nil {
				return nil, err
			}
			if keep != nil {
				return NewSpooled(ctx, o, *keep)
			}
			return New(ctx, o)
		},
		Check: func(s exporter.Settings) error {
			_, err := FromSettings(s)
			_, spoolErr := spool.FromSettings(s)
			return errors.Join(err, spoolErr)
		},
		Claims: func(s exporter.Settings) []string {
			keep, err := spool.FromSettings(s)
			if err != nil || keep == nil {
				return nil
			}
			return keep.Claims()
		},
		Network: true,
	}
}
