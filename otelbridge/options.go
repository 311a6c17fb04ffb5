package otelbridge

import (
	"io"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/otelbridge/bridge"
)

// WithDriver adds a driver under a name that connections can use, or replaces one of this
// module. See [bridge.WithDriver].
func WithDriver(name string, f exporter.Factory) Option { return bridge.WithDriver(name, f) }

// WithDriverSpec is [WithDriver] for a driver that also checks its settings, claims files, or
// wants other defaults. See [bridge.WithDriverSpec].
func WithDriverSpec(name string, d exporter.Driver) Option { return bridge.WithDriverSpec(name, d) }

// WithBridgePropagator adds a propagator to those that the configuration names. See
// [bridge.WithBridgePropagator].
func WithBridgePropagator(p propagation.TextMapPropagator) Option {
	return bridge.WithBridgePropagator(p)
}

// WithTracerProviderOptions adds options to the TracerProvider that the Bridge builds. See
// [bridge.WithTracerProviderOptions].
func WithTracerProviderOptions(opts ...sdktrace.TracerProviderOption) Option {
	return bridge.WithTracerProviderOptions(opts...)
}

// AssumeAlwaysOn says that spans which did not come through the Bridge's sampler are from a
// provider that samples everything. See [bridge.AssumeAlwaysOn].
func AssumeAlwaysOn() Option { return bridge.AssumeAlwaysOn() }

// WithRedactor adds a function that redacts what connections export. See [bridge.WithRedactor].
func WithRedactor(f redact.Func) Option { return bridge.WithRedactor(f) }

// WithLogger sets where the Bridge reports losses, reloads and notes about the configuration.
// The default, and nil, is nowhere. See [bridge.WithLogger].
func WithLogger(l *slog.Logger) Option { return bridge.WithLogger(l) }

// WithMeterProvider reports the numbers of [Bridge.Stats] as OTel metrics. The default, and
// nil, is not to.
func WithMeterProvider(mp metric.MeterProvider) Option { return bridge.WithMeterProvider(mp) }

// WithOutput sets where console connections write instead of the process's standard output and
// standard error. A nil writer keeps the process's own.
func WithOutput(stdout, stderr io.Writer) Option { return bridge.WithOutput(stdout, stderr) }

// WithClock makes now the time by which limits and the wait for whole traces count, to replay spans
// that were recorded. See [bridge.WithClock].
func WithClock(now func() time.Time) Option { return bridge.WithClock(now) }

// WithStrict makes New fail if one of the named connections, or any without names, can't be opened
// now or has a mistake. See [bridge.WithStrict].
func WithStrict(names ...string) Option { return bridge.WithStrict(names...) }

// WithFallback makes New and Open go on without what is wrong. See [bridge.WithFallback].
func WithFallback() Option { return bridge.WithFallback() }

// WithIdentity says who the process is. See [bridge.WithIdentity].
func WithIdentity(identity func() exporter.Identity) Option { return bridge.WithIdentity(identity) }

// WithInstall makes a [Module] install its Bridge when it is opened. See [bridge.WithInstall].
func WithInstall() Option { return bridge.WithInstall() }
