package stdout

import (
	"context"
	"errors"
	"io"
	"os"

	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// Driver returns the driver "stdout". Its settings are pretty (false), which indents, and
// timestamps (true). It has no vote on the sampled flag, and neither field mapping nor
// format: they are refused.
func Driver() exporter.Driver {
	return exporter.Driver{
		New: func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			opts, err := settings(s)
			if err != nil {
				return nil, err
			}
			w := s.Stdout
			if w == nil {
				w = os.Stdout
			}
			return New(w, opts...)
		},
		Check: func(s exporter.Settings) error {
			_, err := settings(s)
			return err
		},
		Local: true,
	}
}

func settings(s exporter.Settings) ([]stdouttrace.Option, error) {
	d := s.Table("setting")
	var opts []stdouttrace.Option
	if d.Bool(false, "pretty") {
		opts = append(opts, stdouttrace.WithPrettyPrint())
	}
	if !d.Bool(true, "timestamps") {
		opts = append(opts, stdouttrace.WithoutTimestamps())
	}
	errs := []error{d.Err()}
	if len(s.Fields) > 0 {
		errs = append(errs, s.Problem("fields", "stdout writes OTel's own format, in which fields can't be mapped: use the driver console with json = true"))
	}
	if s.Format != "" {
		errs = append(errs, s.Problem("format", "stdout writes OTel's own format: use the driver console"))
	}
	return opts, errors.Join(errs...)
}

// Exporter is OTel's exporter.
type Exporter = stdouttrace.Exporter

// New returns an exporter that writes to w. Options that set another writer win.
func New(w io.Writer, opts ...stdouttrace.Option) (*Exporter, error) {
	return stdouttrace.New(append([]stdouttrace.Option{stdouttrace.WithWriter(w)}, opts...)...)
}
