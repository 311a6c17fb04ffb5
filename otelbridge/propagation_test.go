package otelbridge_test

import (
	"log/slog"
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

// Two traces in one request are counted each time and told once; the most complete one counts.
func TestConflictsAreCounted(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	b, err := propagating(t, "[otel]\nextract = [\"b3\", \"tracecontext\"]", nil, otelbridge.WithLogger(slog.New(slog.NewTextHandler(&lines, nil))))
	if err != nil {
		t.Fatal(err)
	}
	const id = "12345678901234567890123456789012"
	for range 3 {
		ctx := b.Propagator().Extract(t.Context(), propagation.MapCarrier{
			"b3": "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1", "traceparent": "00-" + id + "-1234567890123456-01", "tracestate": "a=1",
		})
		if got := trace.SpanContextFromContext(ctx).TraceID().String(); got != id {
			t.Errorf("the trace is %s", got)
		}
	}
	if got := b.Stats().PropagationConflicts; got != 3 {
		t.Errorf("%d conflicts, want 3", got)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(lines.String(), "two traces"); got != 1 {
		t.Errorf("told %d times:\n%s", got, &lines)
	}
}
