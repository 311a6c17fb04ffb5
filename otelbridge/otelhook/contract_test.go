package otelhook_test

import (
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/hooktest"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

func TestHookKeepsTheContract(t *testing.T) {
	t.Parallel()
	hooktest.Run(t, func() (tracehook.TraceHook, func() []hooktest.Span) {
		exp := tracetest.NewInMemoryExporter()
		tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exp))
		return otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp), func() []hooktest.Span { return contractSpans(exp) }
	})
}

func contractSpans(exp *tracetest.InMemoryExporter) []hooktest.Span {
	stubs := exp.GetSpans()
	out := make([]hooktest.Span, 0, len(stubs))
	for _, s := range stubs {
		parent := ""
		if s.Parent.SpanID().IsValid() {
			parent = s.Parent.SpanID().String()
		}
		out = append(out, hooktest.Span{
			Name: s.Name, TraceID: s.SpanContext.TraceID().String(), SpanID: s.SpanContext.SpanID().String(),
			ParentID: parent, Failed: s.Status.Code == codes.Error, Text: s.Status.Description,
		})
	}
	return out
}
