package otlptracehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
)

// Driver returns the driver "otlptracehttp". It has no settings, and refuses a field mapping
// and a format.
func Driver() exporter.Driver {
	return exporter.Driver{
		New: func(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			if err := check(s); err != nil {
				return nil, err
			}
			if address, variable := plaintext(); credentials() && delivery.Exposed(address) && s.Logger != nil && value(variable) != "true" {
				s.Logger.Warn("credentials go to another host without TLS, where others can read them: write https:// in " + variable +
					", or OTEL_EXPORTER_OTLP_INSECURE=true to say that it is meant")
			}
			return New(ctx)
		},
		Check:   check,
		Network: true,
		TLS:     true,
	}
}

func check(s exporter.Settings) error {
	errs := []error{s.Table("setting").Err()}
	if len(s.Fields) > 0 {
		errs = append(errs, s.Problem("fields", "otlptracehttp sends spans as they are: use the driver otlp, which adds fields as attributes"))
	}
	if s.Format != "" {
		errs = append(errs, s.Problem("format", "otlptracehttp has no text: leave format out"))
	}
	if s.JSON {
		errs = append(errs, s.Problem("json", "otlptracehttp sends protobuf: use the driver otlp with protocol = \"http/json\""))
	}
	env := newEnviron()
	if address, variable := plaintext(); address != "" {
		delivery.RequireTLS(s, env.problem, variable, address, false, "write https://, and leave INSECURE out")
	}
	return errors.Join(append(errs, env.err())...)
}

// Exporter is OTel's exporter, whose errors show no secrets.
type Exporter struct {
	*otlptrace.Exporter

	secrets delivery.Secrets
	closed  atomic.Bool
}

// New returns an exporter that has what OTEL_EXPORTER_OTLP_* say, or an error if one of the
// variables can't be read. Options win over variables; what they hold is not kept out of
// errors.
func New(ctx context.Context, opts ...otlptracehttp.Option) (*Exporter, error) {
	env := newEnviron()
	if err := env.err(); err != nil {
		return nil, err
	}
	official, err := otlptracehttp.New(ctx, opts...)
	if err != nil {
		return nil, &redacted{env.secrets, err}
	}
	return &Exporter{Exporter: official, secrets: env.secrets}, nil
}

// ExportSpans sends spans. It blocks until they are delivered, or given up after a minute.
// After Shutdown it returns nil and does nothing.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if e.closed.Load() {
		return nil
	}
	if err := e.Exporter.ExportSpans(ctx, spans); err != nil {
		return &redacted{e.secrets, err}
	}
	return nil
}

// Shutdown ends running exports, which then fail. Later calls do nothing.
func (e *Exporter) Shutdown(ctx context.Context) error {
	e.closed.Store(true)
	return e.Exporter.Shutdown(ctx)
}

// String returns the name of the driver.
func (*Exporter) String() string { return "otlptracehttp" }

// Format writes what String returns, whatever the verb.
func (e *Exporter) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.String()) }

// redacted keeps the cause for [errors.Is], but not its words.
type redacted struct {
	secrets delivery.Secrets
	err     error
}

// Error returns one line.
func (r *redacted) Error() string { return r.secrets.Printable(r.err.Error()) }

// Unwrap returns the official error.
func (r *redacted) Unwrap() error { return r.err }
