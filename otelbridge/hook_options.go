package otelbridge

import "go.opentelemetry.io/otel/propagation"

// HookOption is an option of [NewHook].
type HookOption interface{ applyHook(c *hookConfig) }

type hookConfig struct {
	tracerName string
	propagator propagation.TextMapPropagator
	stats      func() map[string]any
	wrap       any
	quiet      bool
}

type hookOption func(*hookConfig)

func (o hookOption) applyHook(c *hookConfig) { o(c) }

// WithTracerName names the instrumentation scope of the hook's spans. The default, and
// what "" stands for, is this module's path.
func WithTracerName(name string) HookOption {
	return hookOption(func(c *hookConfig) {
		if name != "" {
			c.tracerName = name
		}
	})
}

// WithPropagator is what [Hook.Inject] and [Hook.Extract] use. The default, and what nil
// stands for, is W3C trace context and baggage.
func WithPropagator(p propagation.TextMapPropagator) HookOption {
	return hookOption(func(c *hookConfig) {
		if p != nil {
			c.propagator = p
		}
	})
}

// WithStats makes stats the answer of [Hook.Stats], and so of [tracehook.Stats] while the
// hook is attached. It is called from any goroutine; its result belongs to the caller.
func WithStats(stats func() map[string]any) HookOption {
	return hookOption(func(c *hookConfig) { c.stats = stats })
}

// WithSpan says how to make a framework's span of ours, where S asks for more methods than
// End. wrap is called at each Begin, and its result must call End of what it was given.
func WithSpan[S Ender](wrap func(Ender) S) HookOption {
	return hookOption(func(c *hookConfig) {
		if wrap != nil {
			c.wrap = wrap
		}
	})
}

// WithoutPanicRecording leaves panics alone. By default, a span whose End was deferred
// directly records the panic that passes by, as the SDK's own spans do: it recovers, ends
// the span as failed, and panics again with the same value.
func WithoutPanicRecording() HookOption {
	return hookOption(func(c *hookConfig) { c.quiet = true })
}
