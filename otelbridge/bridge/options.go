package bridge

import (
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/internal/safelog"
)

// Option is what a developer sets in code; what a user sets is in the configuration.
type Option interface{ apply(o *options) }

type optionFunc func(*options)

func (f optionFunc) apply(o *options) { f(o) }

type options struct {
	drivers         drivers
	own             drivers // those that the program has added to drivers, or replaced there
	propagators     func(name string) (propagation.TextMapPropagator, error)
	codePropagators []propagation.TextMapPropagator // what WithBridgePropagator adds
	detect          func(name string) (*resource.Resource, error)
	provider        []sdktrace.TracerProviderOption
	probe           func([]sdktrace.TracerProviderOption) *resource.Resource // finds the resource among them
	logger          *slog.Logger
	lines           *safelog.Queue // in front of logger, for drivers
	meters          metric.MeterProvider
	stdout, stderr  io.Writer
	alwaysOn        bool
	redact          redact.Options // what WithRedactor adds to each connection
	inspector       *inspector     // of this Bridge alone
	strict          strictness
	lenient         bool // leaves out connections with a mistake
	fallback        bool
	identity        func() exporter.Identity
	who             exporter.Identity // what identity says
	install         bool
	clock           func() time.Time // nil: the time it is
	adapt           func(driver any) (exporter.Driver, error)
}

func newOptions(opts []Option) options {
	o := options{drivers: drivers{}, own: drivers{}, propagators: w3cPropagator, detect: noDetector, inspector: new(inspector)}
	for _, opt := range opts {
		if opt != nil {
			opt.apply(&o)
		}
	}
	if o.logger == nil {
		o.logger = slog.New(slog.DiscardHandler)
	}
	if o.identity != nil {
		o.who = o.identity()
	}
	o.lines = safelog.NewQueue(o.logger)
	o.logger = safelog.Guard(o.logger)
	return o
}

// WithDrivers adds the drivers that list returns, by the names that connections use. It is
// called once for each Bridge, so that drivers whose exporters share something share it within
// one Bridge, over its reloads, and with no other. Of several drivers of one name the last
// counts. Without a driver named default, that name stands for console.
func WithDrivers(list func() map[string]exporter.Driver) Option {
	return optionFunc(func(o *options) {
		if list != nil {
			maps.Copy(o.drivers, list())
		}
	})
}

// WithDriver adds a driver under a name that connections can use, or replaces one. Its
// connections drop spans when their queue is full unless they say otherwise, and vote on the
// sampled flag. Of several options with one name the last counts. Use [WithDriverSpec] to say
// more about it.
func WithDriver(name string, f exporter.Factory) Option {
	return WithDriverSpec(name, exporter.Driver{New: f, Network: true, Spool: true})
}

// WithDriverSpec is [WithDriver] for a driver that also checks its settings, claims
// files, or wants other defaults.
func WithDriverSpec(name string, d exporter.Driver) Option {
	return optionFunc(func(o *options) { o.drivers[name], o.own[name] = d, d })
}

// WithAdapter makes a [Module] take drivers of kinds that adapt knows. Its error, other than
// [errors.ErrUnsupported], says what is wrong with one of a kind that it knows.
func WithAdapter(adapt func(driver any) (exporter.Driver, error)) Option {
	return optionFunc(func(o *options) { o.adapt = adapt })
}

// WithPropagators makes lookup find the propagators that the configuration names. Its error
// says which names it knows. The default knows tracecontext, baggage and none.
func WithPropagators(lookup func(name string) (propagation.TextMapPropagator, error)) Option {
	return optionFunc(func(o *options) {
		if lookup != nil {
			o.propagators = lookup
		}
	})
}

// WithDetectors sets lookup as what runs the detectors that the configuration names. Its error says which
// names it knows. The default knows none.
func WithDetectors(lookup func(name string) (*resource.Resource, error)) Option {
	return optionFunc(func(o *options) {
		if lookup != nil {
			o.detect = lookup
		}
	})
}

// WithBridgePropagator adds a propagator to those that the configuration names, for reading and for
// writing. Nil adds none. If a request holds several contexts, the most complete one counts, and of equal
// ones that which the configuration names.
func WithBridgePropagator(p propagation.TextMapPropagator) Option {
	return optionFunc(func(o *options) {
		if p != nil {
			o.codePropagators = append(slices.Clip(o.codePropagators), p)
		}
	})
}

// WithTracerProviderOptions adds options to the TracerProvider that the Bridge builds,
// such as an id generator or further span processors. They are applied before the
// Bridge's own: its sampler and limits win. A resource among them is merged with what the
// configuration says, which wins where both have an attribute.
func WithTracerProviderOptions(opts ...sdktrace.TracerProviderOption) Option {
	return optionFunc(func(o *options) {
		o.provider, o.probe = append(slices.Clip(o.provider), opts...), resourceInCode // programs without this option don't link it
	})
}

// AssumeAlwaysOn says that spans which our head sampler didn't see come from a provider
// that samples everything, so that their weights are known. If that isn't true, the th
// on what connections export is wrong.
func AssumeAlwaysOn() Option {
	return optionFunc(func(o *options) {
		o.alwaysOn = true
	})
}

// WithLogger sets where the Bridge reports losses, reloads and notes about the
// configuration. The default, and nil, is nowhere. Its handler may be slow, hang or panic
// without doing harm to spans; only New and Reload wait for it, for lines of their own.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(o *options) {
		o.logger = l
	})
}

// WithMeterProvider reports the numbers of [Bridge.Stats] as OTel metrics. The default,
// and nil, is not to.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(o *options) {
		o.meters = mp
	})
}

// WithClock makes now the time by which limits and the wait for whole traces count, to replay
// spans that were recorded. It must never go back. Queues and exports keep to the time it is.
func WithClock(now func() time.Time) Option {
	return optionFunc(func(o *options) { o.clock = now })
}

// WithOutput sets where console connections write instead of the process's standard
// output and standard error. A nil writer keeps the process's own.
func WithOutput(stdout, stderr io.Writer) Option {
	return optionFunc(func(o *options) {
		o.stdout, o.stderr = stdout, stderr
	})
}
