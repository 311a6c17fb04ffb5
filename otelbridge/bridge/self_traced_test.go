package bridge_test

import (
	"context"
	"sync/atomic"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
)

// selfTracing is a driver that traces its exports under a context of its own, with the provider that it
// exports for.
type selfTracing struct {
	provider atomic.Pointer[trace.TracerProvider]
	exports  atomic.Int64
}

func (e *selfTracing) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	e.exports.Add(1)
	ctx, span := (*e.provider.Load()).Tracer("client").Start(context.Background(), "POST")
	_, child := (*e.provider.Load()).Tracer("client").Start(ctx, "dial")
	child.End()
	span.End()
	return nil
}

func (*selfTracing) Shutdown(context.Context) error { return nil }

// TestDriverThatTracesItselfIsNoticed is about the Bridge's own provider, whose head can't tell such spans.
func TestDriverThatTracesItselfIsNoticed(t *testing.T) {
	t.Parallel()
	e := &selfTracing{}
	cfg, err := config.Parse([]byte("[trace]\ndriver = \"tracing\"\ntimeout = \"1ms\"\n"), "toml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithDriver("tracing",
		func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return e, nil }))
	if err != nil {
		t.Fatal(err)
	}
	tp := b.TracerProvider()
	e.provider.Store(&tp)
	_, span := tp.Tracer("app").Start(t.Context(), "work")
	span.End()
	for range 20 {
		if err := b.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := b.Stats(); e.exports.Load() != 1 || st.Exported != 1 || st.Dropped.Recursion != 2 {
		t.Errorf("%d exports, %d exported, %d refused; want 1, 1, and the two spans of the export", e.exports.Load(), st.Exported, st.Dropped.Recursion)
	}
}
