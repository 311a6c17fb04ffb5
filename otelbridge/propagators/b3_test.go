package propagators_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/contrib/propagators/jaeger"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
	"github.com/tracehook/tracehook/otelbridge/propagators"
)

// What a caller wishes is read, kept for spans below, and written again.
func TestWishes(t *testing.T) {
	t.Parallel()
	const b3Single, multiTrace = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1", "80f198ee56343ba864fe8b2a57d3eff7"
	multi := []string{"X-B3-TraceId", multiTrace, "X-B3-SpanId", "e457b5a2e4d86bd1"}
	for _, tt := range []struct {
		p       propagation.TextMapPropagator
		headers []string
		wish    inbound.Wish
		sampled bool
		out     map[string]string
	}{
		{propagators.B3{}, []string{"b3", b3Single + "-d"}, inbound.Debug, true, map[string]string{"b3": b3Single + "-d"}},
		{propagators.B3{}, []string{"b3", b3Single + "-d-05e3ac9a4f6e3b90"}, inbound.Debug, true, map[string]string{"b3": b3Single + "-d"}},
		{propagators.B3{}, []string{"b3", b3Single}, inbound.Deferred, true, map[string]string{"b3": b3Single + "-1"}},
		{propagators.B3{}, []string{"b3", b3Single + "-1"}, inbound.None, true, map[string]string{"b3": b3Single + "-1"}},
		{propagators.B3{}, []string{"b3", b3Single + "-0"}, inbound.None, false, map[string]string{"b3": b3Single + "-0"}},
		{propagators.B3{Multi: true}, append(multi, "X-B3-Flags", "1"), inbound.Debug, true, map[string]string{"x-b3-flags": "1", "x-b3-traceid": multiTrace}},
		{propagators.B3{Multi: true}, append(multi, "X-B3-Sampled", "0", "X-B3-Flags", "1"), inbound.Debug, true, map[string]string{"x-b3-flags": "1"}},
		{propagators.B3{Multi: true}, multi, inbound.Deferred, true, map[string]string{"x-b3-sampled": "1"}},
		{propagators.B3{Multi: true}, append(multi, "X-B3-Sampled", "0"), inbound.None, false, map[string]string{"x-b3-sampled": "0"}},
		{propagators.B3{Multi: true}, append(multi, "b3", "rubbish"), inbound.Deferred, true, nil},
		{propagators.Jaeger{}, []string{"uber-trace-id", multiTrace + ":e457b5a2e4d86bd1:0:3"}, inbound.Debug, true, map[string]string{"uber-trace-id": multiTrace + ":e457b5a2e4d86bd1:0:3"}},
		{propagators.Jaeger{}, []string{"uber-trace-id", multiTrace + ":e457b5a2e4d86bd1:0:2"}, inbound.Debug, true, nil},
		{propagators.Jaeger{}, []string{"uber-trace-id", multiTrace + ":e457b5a2e4d86bd1:0:1"}, inbound.None, true, map[string]string{"uber-trace-id": multiTrace + ":e457b5a2e4d86bd1:0:1"}},
		{propagators.Jaeger{}, []string{"uber-trace-id", multiTrace + ":e457b5a2e4d86bd1:0:0"}, inbound.None, false, nil},
	} {
		ctx := tt.p.Extract(t.Context(), propagation.HeaderCarrier(header(tt.headers...)))
		sc := trace.SpanContextFromContext(ctx)
		if !sc.IsValid() || !sc.IsRemote() || sc.IsSampled() != tt.sampled || inbound.WishOf(ctx) != tt.wish {
			t.Errorf("%q: %+v, sampled %v, wish %d, want %d", tt.headers, sc, sc.IsSampled(), inbound.WishOf(ctx), tt.wish)
		}
		out := propagation.MapCarrier{}
		tt.p.Inject(ctx, out)
		for key, want := range tt.out {
			if out[key] != want {
				t.Errorf("%q: wrote %v, want %s: %s", tt.headers, out, key, want)
			}
		}
	}
}

// Without a wish, both read and write what OpenTelemetry's own packages do.
func TestB3AndJaegerAreAsContribHasThem(t *testing.T) {
	t.Parallel()
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 15: 2}, SpanID: trace.SpanID{3}, TraceFlags: trace.FlagsSampled})
	for _, pair := range [][2]propagation.TextMapPropagator{
		{propagators.B3{}, b3.New()},
		{propagators.B3{Multi: true}, b3.New(b3.WithInjectEncoding(b3.B3MultipleHeader))},
		{propagators.Jaeger{}, jaeger.Jaeger{}},
	} {
		for _, flags := range []trace.TraceFlags{0, trace.FlagsSampled} {
			ctx := trace.ContextWithSpanContext(t.Context(), sc.WithTraceFlags(flags))
			ours, theirs := propagation.MapCarrier{}, propagation.MapCarrier{}
			pair[0].Inject(ctx, ours)
			pair[1].Inject(ctx, theirs)
			for _, key := range pair[1].Fields() {
				if ours[key] != theirs[key] {
					t.Errorf("%T writes %v, want %v", pair[0], ours, theirs)
				}
			}
			a, b := trace.SpanContextFromContext(pair[0].Extract(t.Context(), theirs)), trace.SpanContextFromContext(pair[1].Extract(t.Context(), theirs))
			if !a.Equal(b) {
				t.Errorf("%T reads %+v, want %+v", pair[0], a, b)
			}
		}
		none := propagation.MapCarrier{}
		if pair[0].Inject(t.Context(), none); len(none) > 0 {
			t.Errorf("%T writes %v without a span", pair[0], none)
		}
		if ctx := pair[0].Extract(t.Context(), none); ctx != t.Context() {
			t.Errorf("%T reads something of nothing", pair[0])
		}
	}
}

// Only the members that are named pass an edge; the caller's span, debug flag and trace don't.
func TestEdgePropagator(t *testing.T) {
	t.Parallel()
	all := []propagation.TextMapPropagator{propagators.TraceContext{}, propagators.B3{}, propagation.Baggage{}}
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
		var got []string
		base := func(r *http.Request) (*http.Response, error) {
			carrier := propagation.MapCarrier{}
			if host == "" {
				r = r.WithContext(context.Background())
			}
			c.Inject(trace.ContextWithSpanContext(r.Context(), sc), carrier)
			for _, key := range []string{"default", "any", "example", "old"} {
				if carrier[key] != "" {
					got = append(got, key)
				}
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		}
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+host+"/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := propagators.HostTransport{Base: transport(base)}.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if strings.Join(got, " ") != want {
			t.Errorf("%q gets %q, want %q", host, got, want)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }
