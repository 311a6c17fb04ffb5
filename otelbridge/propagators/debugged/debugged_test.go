package debugged_test

import (
	"net/http"
	"testing"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/contrib/propagators/jaeger"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
	"github.com/tracehook/tracehook/otelbridge/propagators/debugged"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

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
		{debugged.B3{}, []string{"b3", b3Single + "-d"}, inbound.Debug, true, map[string]string{"b3": b3Single + "-d"}},
		{debugged.B3{}, []string{"b3", b3Single + "-d-05e3ac9a4f6e3b90"}, inbound.Debug, true, map[string]string{"b3": b3Single + "-d"}},
		{debugged.B3{}, []string{"b3", b3Single}, inbound.Deferred, true, map[string]string{"b3": b3Single + "-1"}},
		{debugged.B3{}, []string{"b3", b3Single + "-1"}, inbound.None, true, map[string]string{"b3": b3Single + "-1"}},
		{debugged.B3{}, []string{"b3", b3Single + "-0"}, inbound.None, false, map[string]string{"b3": b3Single + "-0"}},
		{debugged.B3{Multi: true}, append(multi, "X-B3-Flags", "1"), inbound.Debug, true, map[string]string{"x-b3-flags": "1", "x-b3-traceid": multiTrace}},
		{debugged.B3{Multi: true}, append(multi, "X-B3-Sampled", "0", "X-B3-Flags", "1"), inbound.Debug, true, map[string]string{"x-b3-flags": "1"}},
		{debugged.B3{Multi: true}, multi, inbound.Deferred, true, map[string]string{"x-b3-sampled": "1"}},
		{debugged.B3{Multi: true}, append(multi, "X-B3-Sampled", "0"), inbound.None, false, map[string]string{"x-b3-sampled": "0"}},
		{debugged.B3{Multi: true}, append(multi, "b3", "rubbish"), inbound.Deferred, true, nil},
		{debugged.Jaeger{}, []string{"uber-trace-id", multiTrace + ":e457b5a2e4d86bd1:0:3"}, inbound.Debug, true, map[string]string{"uber-trace-id": multiTrace + ":e457b5a2e4d86bd1:0:3"}},
		{debugged.Jaeger{}, []string{"uber-trace-id", multiTrace + ":e457b5a2e4d86bd1:0:2"}, inbound.Debug, true, nil},
		{debugged.Jaeger{}, []string{"uber-trace-id", multiTrace + ":e457b5a2e4d86bd1:0:1"}, inbound.None, true, map[string]string{"uber-trace-id": multiTrace + ":e457b5a2e4d86bd1:0:1"}},
		{debugged.Jaeger{}, []string{"uber-trace-id", multiTrace + ":e457b5a2e4d86bd1:0:0"}, inbound.None, false, nil},
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
		{debugged.B3{}, b3.New()},
		{debugged.B3{Multi: true}, b3.New(b3.WithInjectEncoding(b3.B3MultipleHeader))},
		{debugged.Jaeger{}, jaeger.Jaeger{}},
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
