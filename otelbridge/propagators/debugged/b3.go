package debugged

import (
	"context"
	"strings"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
)

// B3 is Zipkin's format, as OpenTelemetry's contrib package b3 reads and writes it, with two states
// of sampling that the flag of a span context can't say. Debug keeps the trace on every connection of
// a Bridge that doesn't ignore parents, and travels on. Where the decision is deferred, as it is if the
// header has none, the rates of this service decide; other samplers see a sampled parent.
type B3 struct {
	// Multi writes X-B3-TraceId and the other headers in place of the single header b3. Both are read.
	Multi bool
}

func (p B3) inner() propagation.TextMapPropagator {
	if p.Multi {
		return b3Multi
	}
	return b3Single
}

//nolint:gochecknoglobals // both are values without state
var (
	b3Single = b3.New()
	b3Multi  = b3.New(b3.WithInjectEncoding(b3.B3MultipleHeader))
	// debugB3 is a context in which that package finds that the trace is debugged.
	debugB3 = b3Single.Extract(context.Background(), propagation.MapCarrier{"b3": "00000000000000000000000000000001-0000000000000001-d"})
)

// Inject writes the span of ctx, if it has one.
//
//nolint:contextcheck // both is a context with the values of ctx
func (p B3) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return
	}
	if inbound.WishOf(ctx) == inbound.Debug {
		ctx = &both{ctx, debugB3}
	}
	p.inner().Inject(ctx, carrier)
}

// Extract returns ctx with the remote span context of carrier, or ctx if there is none.
func (p B3) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	if single := carrier.Get("b3"); single != "" {
		if sc := trace.SpanContextFromContext(p.inner().Extract(context.Background(), pair{"b3", single})); sc.IsValid() {
			return withWish(ctx, sc, singleWish(single))
		}
	}
	sc := trace.SpanContextFromContext(p.inner().Extract(context.Background(), without{carrier, "b3"}))
	if !sc.IsValid() {
		return ctx
	}
	wish := inbound.None
	switch {
	case carrier.Get("x-b3-flags") == "1":
		wish = inbound.Debug
	case carrier.Get("x-b3-sampled") == "":
		wish = inbound.Deferred
	}
	return withWish(ctx, sc, wish)
}

// singleWish reads the state of sampling of a valid header: TRACE-SPAN, TRACE-SPAN-STATE or
// TRACE-SPAN-STATE-PARENT.
func singleWish(header string) inbound.Wish {
	_, rest, _ := strings.Cut(header, "-")
	_, state, found := strings.Cut(rest, "-")
	switch {
	case !found:
		return inbound.Deferred
	case strings.HasPrefix(state, "d"):
		return inbound.Debug
	default:
		return inbound.None
	}
}

// withWish returns ctx with a remote span context and what its sender asks for.
func withWish(ctx context.Context, sc trace.SpanContext, wish inbound.Wish) context.Context {
	if wish != inbound.None {
		sc = sc.WithTraceFlags(sc.TraceFlags() | trace.FlagsSampled)
	}
	if wish != inbound.WishOf(ctx) {
		ctx = inbound.WithWish(ctx, wish)
	}
	return trace.ContextWithRemoteSpanContext(ctx, sc)
}

// Fields returns the names of the headers that are written.
func (p B3) Fields() []string { return p.inner().Fields() }

// both is a context that looks for a value in itself, and then in more.
type both struct {
	context.Context
	more context.Context
}

func (b *both) Value(key any) any {
	if v := b.Context.Value(key); v != nil {
		return v
	}
	return b.more.Value(key)
}

// pair is a carrier of one header.
type pair struct{ key, value string }

func (p pair) Get(key string) string {
	if key == p.key {
		return p.value
	}
	return ""
}

func (pair) Set(string, string) {}

func (p pair) Keys() []string { return []string{p.key} }

// without is a carrier without one of its headers.
type without struct {
	propagation.TextMapCarrier
	key string
}

func (w without) Get(key string) string {
	if key == w.key {
		return ""
	}
	return w.TextMapCarrier.Get(key)
}
