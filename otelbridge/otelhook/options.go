package otelhook

import (
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Option is an option of [NewHook].
type Option interface{ apply(c *config) }

type config struct {
	tracerName    string
	tracerOptions []trace.TracerOption
	propagator    propagation.TextMapPropagator
	stats         func() map[string]any
	wrap          any
	quiet         bool
}

type option func(*config)

func (o option) apply(c *config) { o(c) }

// WithTracerName names the instrumentation scope of the hook's spans, which has no version then. The
// default, and what "" stands for, is this module's path with its version.
func WithTracerName(name string) Option {
	return option(func(c *config) {
		if name != "" {
			c.tracerName, c.tracerOptions = name, nil
		}
	})
}

// WithPropagator is what [Hook.Inject] and [Hook.Extract] use. The default, and what nil
// stands for, is W3C trace context and baggage.
func WithPropagator(p propagation.TextMapPropagator) Option {
	return option(func(c *config) {
		if p != nil {
			c.propagator = p
		}
	})
}

// WithStats makes stats the answer of [Hook.Stats], and so of [tracehook.Stats] while the
// hook is attached. It is called from any goroutine; its result belongs to the caller.
func WithStats(stats func() map[string]any) Option {
	return option(func(c *config) { c.stats = stats })
}

// WithSpan says how to make a framework's span of ours, where S asks for more methods than
// End. wrap is called at each Begin, and its result must call End of what it was given.
func WithSpan[S any](wrap func(Ender) S) Option {
	return option(func(c *config) {
		if wrap != nil {
			c.wrap = wrap
		}
	})
}

// WithoutPanicRecording leaves panics alone. By default, a span whose End was deferred
// directly records the panic that passes by, as the SDK's own spans do: it recovers, ends
// the span as failed, and panics again with the same value.
func WithoutPanicRecording() Option {
	return option(func(c *config) { c.quiet = true })
}
