package bridge_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// A recovery outside of instrumentation: the span ends while the panic passes by, without a status.
func TestAPanicThatPassesByIsAnErrorWhereErrorsAreKept(t *testing.T) {
	t.Parallel()
	for _, scope := range []string{"span", "trace"} {
		kept := memory.New()
		b, err := otelbridge.New(t.Context(), parse(t, "[trace.errors]\ndriver = \"kept\"\nsample = { rate = 0, scope = \""+scope+"\" }\n"), withKept(kept))
		if err != nil {
			t.Fatal(err)
		}
		theirs := sdktrace.NewTracerProvider(
			sdktrace.WithSampler(b.SamplerOver(sdktrace.NeverSample())), sdktrace.WithSpanProcessor(b.SpanProcessor()))
		tracer := theirs.Tracer("otelgin")
		func() {
			defer func() { _ = recover() }()
			_, span := tracer.Start(context.Background(), "panicked")
			defer span.End()
			panic("oh") //nolint:forbidigo // this is what it is for
		}()
		_, recorded := tracer.Start(context.Background(), "recorded")
		recorded.RecordError(errors.New("no"))
		recorded.End()
		_, fine := tracer.Start(context.Background(), "dealt with")
		fine.RecordError(errors.New("no"))
		fine.SetStatus(codes.Ok, "")
		fine.End()
		spans(3, theirs)
		if err := errors.Join(b.ForceFlush(t.Context()), theirs.Shutdown(t.Context())); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range kept.Spans() {
			names = append(names, s.Name())
		}
		slices.Sort(names)
		if !slices.Equal(names, []string{"panicked", "recorded"}) {
			t.Errorf("scope %s: kept are %q", scope, names)
		}
	}
}
