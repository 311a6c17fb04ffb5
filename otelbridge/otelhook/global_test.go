package otelhook_test

import (
	"testing"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

// valueProvider can't be compared.
type valueProvider struct {
	trace.TracerProvider
	_ []int
}

// It isn't parallel, because it changes the global provider.
func TestAHookOnNilFollowsTheGlobalProvider(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) }) //nolint:forbidigo // what this is about
	hook := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](nil)
	for _, wrap := range []func(trace.TracerProvider) trace.TracerProvider{
		func(tp trace.TracerProvider) trace.TracerProvider { return tp },
		func(tp trace.TracerProvider) trace.TracerProvider { return tp },
		func(tp trace.TracerProvider) trace.TracerProvider { return valueProvider{TracerProvider: tp} },
		func(tp trace.TracerProvider) trace.TracerProvider { return valueProvider{TracerProvider: tp} },
	} {
		exp := tracetest.NewInMemoryExporter()
		otel.SetTracerProvider(wrap(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exp)))) //nolint:forbidigo // what this is about
		hook.Begin(nil, "begun", nil).End()
		if err := hook.Trace(nil, "traced", "", nil); err != nil {
			t.Error(err)
		}
		hook.Begin(nil, "again", nil).End()
		if n := len(exp.GetSpans()); n != 3 {
			t.Errorf("the provider that is global got %d spans, want 3", n)
		}
	}
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))) //nolint:forbidigo // what this is about
	onNil := testing.AllocsPerRun(100, func() { hook.Begin(nil, "begun", nil).End() })
	direct := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](otel.GetTracerProvider())
	if n := testing.AllocsPerRun(100, func() { direct.Begin(nil, "begun", nil).End() }); onNil > n {
		t.Errorf("Begin on the global provider makes %v allocations, on the same one given %v", onNil, n)
	}
}
