package propagators_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
	"github.com/tracehook/tracehook/otelbridge/propagators"
	"github.com/tracehook/tracehook/otelbridge/propagators/debugged"
)

// Only the members that are named pass an edge; the caller's span, debug flag and trace don't.
func TestEdgePropagator(t *testing.T) {
	t.Parallel()
	all := []propagation.TextMapPropagator{propagators.TraceContext{}, debugged.B3{}, propagation.Baggage{}}
	inner := &propagators.Composite{Extractors: all, Injectors: all}
	stranger := propagation.HeaderCarrier(header("b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-d", "baggage", "tenant=a,role=admin"))
	for _, ignore := range []bool{false, true} {
		e := propagators.Edge{Propagator: inner, Ignore: ignore, Baggage: []string{"tenant", "absent"}}
		ctx := e.Extract(t.Context(), stranger)
		if trace.SpanContextFromContext(ctx).IsValid() || inbound.WishOf(ctx) != inbound.None {
			t.Error("the caller's trace has passed")
		}
		if bag := baggage.FromContext(ctx).String(); bag != "tenant=a" {
			t.Errorf("baggage %q has passed", bag)
		}
		if _, known := inbound.CallerOf(ctx); known == ignore {
			t.Errorf("ignore %v, and the caller is known: %v", ignore, known)
		}
		out := propagation.MapCarrier{}
		e.Inject(trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})), out)
		if out["b3"] != "01000000000000000000000000000000-0100000000000000-0" {
			t.Errorf("wrote %v", out)
		}
		if len(e.Fields()) != len(inner.Fields()) {
			t.Error("it has other fields")
		}
	}
}

// Who writes depends on the host that a request goes to.
// A span of this process, below which a request without a trace arrives, is no caller.
func TestEdgeTakesNoSpanOfOursForACaller(t *testing.T) {
	t.Parallel()
	own := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	e := propagators.Edge{Propagator: propagators.TraceContext{}}
	ctx := e.Extract(trace.ContextWithSpanContext(t.Context(), own), propagation.MapCarrier{})
	if caller, known := inbound.CallerOf(ctx); known {
		t.Errorf("the caller is said to be %v", caller.SpanID())
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	write := func(key string) []propagation.TextMapPropagator {
		return []propagation.TextMapPropagator{propagators.Headers{TraceID: key, SpanID: key + "s"}}
	}
	c := &propagators.Composite{Injectors: write("default"), Hosts: []propagators.Host{
		{Pattern: "*", Injectors: write("any")},
		{Pattern: "*.example", Injectors: write("example")},
		{Pattern: "*.old.example", Injectors: write("old")},
		{Pattern: "api.old.example"},
	}}
	propagators.SortHosts(c.Hosts)
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
	for host, want := range map[string]string{
		"": "default", "a.example": "example", "A.Old.EXAMPLE:8080": "old", "api.old.example": "", "example": "any", "[::1]:80": "any",
	} {
		ctx := t.Context()
		if host != "" {
			ctx = propagators.ContextWithHost(ctx, host)
		}
		carrier := propagation.MapCarrier{}
		c.Inject(trace.ContextWithSpanContext(ctx, sc), carrier)
		var got []string
		for _, key := range []string{"default", "any", "example", "old"} {
			if carrier[key] != "" {
				got = append(got, key)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q gets %q, want %q", host, got, want)
		}
	}
}
