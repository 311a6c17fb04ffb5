package debugged_test

import (
	"context"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
	"github.com/tracehook/tracehook/otelbridge/propagators/debugged"
)

// What is written is read again, with the caller's wish; and no header panics.
func FuzzRoundTrip(f *testing.F) {
	f.Add("80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-d", "1", "1:1:0:3", []byte("0123456789abcdef01234567"), true, true)
	f.Fuzz(func(t *testing.T, b3, flags, uber string, ids []byte, sampled, debug bool) {
		rubbish := propagation.HeaderCarrier(http.Header{
			"B3": {b3}, "X-B3-Traceid": {uber}, "X-B3-Spanid": {flags}, "X-B3-Flags": {flags}, "X-B3-Sampled": {flags}, "Uber-Trace-Id": {uber},
		})
		cfg := trace.SpanContextConfig{Remote: true}
		copy(cfg.TraceID[:], ids)
		copy(cfg.SpanID[:], ids[min(len(ids), 16):])
		cfg.TraceID[15] |= 1
		cfg.SpanID[7] |= 1
		wish := inbound.None
		if debug {
			wish, sampled = inbound.Debug, true
		}
		if sampled {
			cfg.TraceFlags = trace.FlagsSampled
		}
		want := trace.NewSpanContext(cfg)
		for _, p := range []propagation.TextMapPropagator{debugged.B3{}, debugged.B3{Multi: true}, debugged.Jaeger{}} {
			p.Extract(context.Background(), rubbish)
			carrier := propagation.HeaderCarrier(http.Header{})
			p.Inject(inbound.WithWish(trace.ContextWithSpanContext(context.Background(), want), wish), carrier)
			ctx := p.Extract(context.Background(), carrier)
			if got := trace.SpanContextFromContext(ctx); !got.Equal(want) || inbound.WishOf(ctx) != wish {
				t.Errorf("%T: %+v, wish %d, became %+v, wish %d, by %v", p, want, wish, got, inbound.WishOf(ctx), carrier)
			}
		}
	})
}
