package stdout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/internal/stdstream"
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

// Exporter writes each span with OTel's exporter, and says what became of each.
type Exporter struct{ inner *stdouttrace.Exporter }

// New returns an exporter that writes to w. Options that set another writer win. A standard
// output whose reader has gone away is an error of the export, not the end of the process.
func New(w io.Writer, opts ...stdouttrace.Option) (*Exporter, error) {
	inner, err := stdouttrace.New(append([]stdouttrace.Option{stdouttrace.WithWriter(stdstream.Writer(w))}, opts...)...)
	if err != nil {
		return nil, err
	}
	return &Exporter{inner}, nil
}

// ExportSpans writes spans one by one: what JSON has no form for, such as NaN, costs the span
// that has it and no other. Its error is a [*report.Result].
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	var result report.Result
	for i, span := range spans {
		if span == nil {
			continue
		}
		if err := e.inner.ExportSpans(ctx, spans[i:i+1:i+1]); err != nil {
			if result.Failed++; result.Err == nil {
				result.Err = fmt.Errorf("span %q: %w", span.Name(), err)
			}
			continue
		}
		result.Exported++
	}
	if result.Err == nil {
		return nil
	}
	return &result
}

// Shutdown makes later exports do nothing.
func (e *Exporter) Shutdown(ctx context.Context) error { return e.inner.Shutdown(ctx) }

// MarshalLog describes the exporter for OTel's own log.
func (e *Exporter) MarshalLog() any { return e.inner.MarshalLog() }
