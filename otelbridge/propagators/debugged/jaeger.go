package debugged

import (
	"context"
	"strconv"
	"strings"

	"go.opentelemetry.io/contrib/propagators/jaeger"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/inbound"
)

// Jaeger is Jaeger's format, uber-trace-id, as OpenTelemetry's contrib package jaeger reads and writes
// it. Its debug flag keeps the trace on every connection of a Bridge that doesn't ignore parents, and
// travels on.
type Jaeger struct{}

const uberTraceID = "uber-trace-id"

// debugJaeger is a context in which that package finds that the trace is debugged.
//
//nolint:gochecknoglobals // a value without state
var debugJaeger = jaeger.Jaeger{}.Extract(context.Background(), propagation.MapCarrier{uberTraceID: "1:1:0:3"})

// Inject writes the span of ctx, if it has one.
//
//nolint:contextcheck // both is a context with the values of ctx
func (Jaeger) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	if inbound.WishOf(ctx) == inbound.Debug {
		ctx = &both{ctx, debugJaeger}
	}
	jaeger.Jaeger{}.Inject(ctx, carrier)
}

// Extract returns ctx with the remote span context of carrier, or ctx if there is none.
func (Jaeger) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	header := carrier.Get(uberTraceID)
	if header == "" {
		return ctx
	}
	sc := trace.SpanContextFromContext(jaeger.Jaeger{}.Extract(context.Background(), pair{uberTraceID, header}))
	if !sc.IsValid() {
		return ctx
	}
	wish := inbound.None
	const debug = 2
	if flags, err := strconv.ParseUint(header[strings.LastIndexByte(header, ':')+1:], 16, 64); err == nil && flags&debug != 0 {
		wish = inbound.Debug
	}
	return withWish(ctx, sc, wish)
}

// Fields returns the name of the header.
func (Jaeger) Fields() []string { return []string{uberTraceID} }
