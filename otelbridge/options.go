package otelbridge

import (
	"io"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/internal/safelog"
)

// Option is what a developer sets in code; what a user sets is in the configuration.
type Option interface{ apply(options) options }

type optionFunc func(options) options

func (f optionFunc) apply(o options) options { return f(o) }

type options struct {
	drivers        map[string]exporter.Driver
	provider       []sdktrace.TracerProviderOption
	logger         *slog.Logger
	lines          *safelog.Queue // before logger, for those who export
	meters         metric.MeterProvider
	stdout, stderr io.Writer
	alwaysOn       bool
}

func newOptions(opts []Option) options {
	var o options
	for _, opt := range opts {
		if opt != nil {
			o = opt.apply(o)
		}
	}
	if o.logger == nil {
		o.logger = slog.New(slog.DiscardHandler)
	}
	o.lines = safelog.NewQueue(o.logger)
	o.logger = safelog.Guard(o.logger)
	return o
}

// WithDriver adds a driver under a name that connections can use, or replaces a built-in
// one. Its connections drop spans when their queue is full unless they say otherwise, and
// vote on the sampled flag. Of several options with one name the last counts. Use
// [WithDriverSpec] to say more about it.
func WithDriver(name string, f exporter.Factory) Option {
	return WithDriverSpec(name, exporter.Driver{New: f, Network: true, Spool: true})
}

// WithDriverSpec is [WithDriver] for a driver that also checks its settings, claims
// files, or wants other defaults.
func WithDriverSpec(name string, d exporter.Driver) Option {
	return optionFunc(func(o options) options {
		drivers := map[string]exporter.Driver{name: d}
		for n, known := range o.drivers {
			if n != name {
				drivers[n] = known
			}
		}
		o.drivers = drivers
		return o
	})
}

// WithTracerProviderOptions adds options to the TracerProvider that the Bridge builds,
// such as an id generator or further span processors. They are applied before the
// Bridge's own: its sampler, resource and limits win.
func WithTracerProviderOptions(opts ...sdktrace.TracerProviderOption) Option {
	return optionFunc(func(o options) options {
		o.provider = append(slices.Clip(o.provider), opts...)
		return o
	})
}

// AssumeAlwaysOn says that spans which our head sampler didn't see come from a provider
// that samples everything, so that their weights are known. If that isn't true, the th
// on what connections export is wrong.
func AssumeAlwaysOn() Option {
	return optionFunc(func(o options) options {
		o.alwaysOn = true
		return o
	})
}

// WithLogger sets where the Bridge reports losses, reloads and notes about the
// configuration. The default, and nil, is nowhere. Its handler may be slow, hang or panic
// without doing harm to spans; only New and Reload wait for it, for lines of their own.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(o options) options {
		o.logger = l
		return o
	})
}

// WithMeterProvider reports the numbers of [Bridge.Stats] as OTel metrics. The default,
// and nil, is not to.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(o options) options {
		o.meters = mp
		return o
	})
}

// WithOutput sets where console connections write instead of the process's standard
// output and standard error. A nil writer keeps the process's own.
func WithOutput(stdout, stderr io.Writer) Option {
	return optionFunc(func(o options) options {
		o.stdout, o.stderr = stdout, stderr
		return o
	})
}
