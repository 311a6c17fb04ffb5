package otelbridge_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/propagators/jaeger"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

func propagating(t *testing.T, toml string, environ []string, opts ...otelbridge.Option) (*otelbridge.Bridge, error) {
	t.Helper()
	cfg, err := config.Parse([]byte(toml+"\n[trace.m]\ndriver = \"memory\"\n"), "toml", config.WithEnviron(func() []string { return environ }))
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg, opts...)
	if err == nil {
		t.Cleanup(func() { _ = b.Shutdown(t.Context()) })
	}
	return b, err
}

func TestPropagatorsByName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, toml string
		environ    []string
		want       []string // the headers that are written
	}{
		{"default", "", nil, []string{"baggage", "traceparent", "tracestate"}},
		{"headers", "[otel]\npropagators = [\"headers\"]\nheaders = { trace_id = \"X-T\" }", nil, []string{"X-Span-ID", "X-T"}},
		{"one reads, another writes", "[otel]\nextract = [\"tracecontext\"]\ninject = [\"request-id\"]", nil, []string{"X-Request-Id"}},
		{"unknown in the environment", "", []string{"OTEL_PROPAGATORS=B3"}, []string{"baggage", "traceparent", "tracestate"}},
		{"none beside another", "", []string{"OTEL_PROPAGATORS=none,b3"}, nil},
		{"none", "[otel]\npropagators = [\"none\"]", nil, nil},
	} {
		b, err := propagating(t, tt.toml, tt.environ)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Propagator().Fields(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: writes %q, want %q", tt.name, got, tt.want)
		}
	}
	if _, err := propagating(t, "[otel]\nextract = [\"b4\"]", nil); err == nil || !strings.Contains(err.Error(), "2:12: otel.extract[0]: ") {
		t.Errorf("an unknown propagator in a file: %v", err)
	}
}

func TestRequestIDsComeBackWhole(t *testing.T) {
	t.Parallel()
	b, err := propagating(t, "[otel]\npropagators = [\"request-id\"]\nrequest_id = { honor = true }", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, s := b.TracerProvider().Tracer("t").Start(t.Context(), "n")
	defer s.End()
	h := propagation.HeaderCarrier(http.Header{})
	b.Propagator().Inject(ctx, h)
	if got := trace.SpanContextFromContext(b.Propagator().Extract(t.Context(), h)); got.TraceID() != s.SpanContext().TraceID() || got.SpanID() != s.SpanContext().SpanID() {
		t.Errorf("%v came back as %v from %q", s.SpanContext(), got, h.Get("X-Request-Id"))
	}
}

func TestAPropagatorInCode(t *testing.T) {
	t.Parallel()
	b, err := propagating(t, "", nil, otelbridge.WithBridgePropagator(jaeger.Jaeger{}), otelbridge.WithBridgePropagator(nil))
	if err != nil {
		t.Fatal(err)
	}
	h := propagation.MapCarrier{"uber-trace-id": "12345678901234567890123456789012:1234567890123456:0:1"}
	if sc := trace.SpanContextFromContext(b.Propagator().Extract(t.Context(), h)); !sc.IsValid() {
		t.Error("its header is not read")
	}
	if !slices.Contains(b.Propagator().Fields(), "uber-trace-id") {
		t.Error("its header is not written")
	}
}
