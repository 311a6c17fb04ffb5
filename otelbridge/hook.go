package otelbridge

import (
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/bridge"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

// The hook and its module, on types of a framework's own.
type (
	// Hook makes OpenTelemetry spans of what a framework traces. See [otelhook.Hook].
	Hook[M Carrier[M], S any] = otelhook.Hook[M, S]
	// Carrier is what a [Hook] asks of the type that goes with a unit of work. See
	// [otelhook.Carrier].
	Carrier[M any] = otelhook.Carrier[M]
	// Ender is a framework's span type, as far as a [Hook] is concerned.
	Ender = otelhook.Ender
	// HookOption is an option of [NewHook].
	HookOption = otelhook.Option
	// Module is a [Bridge] as a module of a framework. See [bridge.Module].
	Module[M Carrier[M], S any] = bridge.Module[M, S]
)

// NewHook returns a Hook on tp; nil stands for the global TracerProvider. See
// [otelhook.NewHook].
func NewHook[M Carrier[M], S any](tp trace.TracerProvider, opts ...HookOption) *Hook[M, S] {
	return otelhook.NewHook[M, S](tp, opts...)
}

// NewModule returns a module to mount, with every driver of this module. See
// [bridge.NewModule].
func NewModule[M Carrier[M], S any](opts ...Option) *Module[M, S] {
	return bridge.NewModule[M, S](everything(opts)...)
}

// StartOptions returns attributes for Begin and Trace that hand opts to the OpenTelemetry span: a start
// time, links, attributes. See [otelhook.StartOptions].
func StartOptions(opts ...trace.SpanStartOption) tracehook.Map { return otelhook.StartOptions(opts...) }

// WithTracerName names the instrumentation scope of the hook's spans. See
// [otelhook.WithTracerName].
func WithTracerName(name string) HookOption { return otelhook.WithTracerName(name) }

// WithPropagator sets what [Hook.Inject] and [Hook.Extract] use. See
// [otelhook.WithPropagator].
func WithPropagator(p propagation.TextMapPropagator) HookOption { return otelhook.WithPropagator(p) }

// WithStats sets the answer of [Hook.Stats]. See [otelhook.WithStats].
func WithStats(stats func() map[string]any) HookOption { return otelhook.WithStats(stats) }

// WithSpan says how to make a framework's span of ours. See [otelhook.WithSpan].
func WithSpan[S any](wrap func(Ender) S) HookOption { return otelhook.WithSpan(wrap) }

// WithoutPanicRecording leaves panics alone. See [otelhook.WithoutPanicRecording].
func WithoutPanicRecording() HookOption { return otelhook.WithoutPanicRecording() }
