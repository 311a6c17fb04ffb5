package greptime_test

import (
	"encoding/hex"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// spanContext parses ids as upstream's tests write them.
func spanContext(tb testing.TB, traceID, spanID string) trace.SpanContext {
	tb.Helper()
	var tid trace.TraceID
	var sid trace.SpanID
	if _, err := hex.Decode(tid[:], []byte(traceID)); err != nil {
		tb.Fatal(err)
	}
	if _, err := hex.Decode(sid[:], []byte(spanID)); err != nil {
		tb.Fatal(err)
	}
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: tid, SpanID: sid, TraceFlags: trace.FlagsSampled})
}

// telemetrygen returns the four spans of upstream's own test of the trace pipeline.
func telemetrygen(tb testing.TB) []sdktrace.ReadOnlySpan {
	tb.Helper()
	res := resource.NewWithAttributes("https://opentelemetry.io/schemas/1.4.0", attribute.String("service.name", "telemetrygen"))
	var stubs tracetest.SpanStubs
	for _, s := range []struct {
		trace, span, parent, name string
		kind                      trace.SpanKind
		start, end                int64
		peer                      string
	}{
		{"c05d7a4ec8e1f231f02ed6e8da8655b4", "9630f2916e2f7909", "d24f921c75f68e23", "okey-dokey-0", trace.SpanKindServer, 1736480942444376000, 1736480942444499000, "telemetrygen-client"},
		{"c05d7a4ec8e1f231f02ed6e8da8655b4", "d24f921c75f68e23", "", "lets-go", trace.SpanKindClient, 1736480942444376000, 1736480942444499000, "telemetrygen-server"},
		{"cc9e0991a2e63d274984bd44ee669203", "8f847259b0f6e1ab", "eba7be77e3558179", "okey-dokey-0", trace.SpanKindServer, 1736480942444589000, 1736480942444712000, "telemetrygen-client"},
		{"cc9e0991a2e63d274984bd44ee669203", "eba7be77e3558179", "", "lets-go", trace.SpanKindClient, 1736480942444589000, 1736480942444712000, "telemetrygen-server"},
	} {
		stub := tracetest.SpanStub{
			Name: s.name, SpanContext: spanContext(tb, s.trace, s.span), SpanKind: s.kind,
			StartTime: time.Unix(0, s.start), EndTime: time.Unix(0, s.end),
			Attributes: []attribute.KeyValue{attribute.String("net.peer.ip", "1.2.3.4"), attribute.String("peer.service", s.peer)},
			Resource:   res, InstrumentationScope: instrumentation.Scope{Name: "telemetrygen"},
		}
		if s.parent != "" {
			stub.Parent = spanContext(tb, s.trace, s.parent)
		}
		stubs = append(stubs, stub)
	}
	return stubs.Snapshots()
}

// typed returns one span of upstream's tests of coercion, with these attributes.
func typed(tb testing.TB, id string, attributes ...attribute.KeyValue) sdktrace.ReadOnlySpan {
	tb.Helper()
	return tracetest.SpanStub{
		Name: "typed", SpanKind: trace.SpanKindServer,
		SpanContext: spanContext(tb, "000000000000000000000000000000"+id, "00000000000000"+id),
		StartTime:   time.Unix(0, 1736480942444376000), EndTime: time.Unix(0, 1736480942444499000),
		Attributes:           attributes,
		Resource:             resource.NewSchemaless(attribute.String("service.name", "typed")),
		InstrumentationScope: instrumentation.Scope{Name: "trace-v1-type-tests"},
	}.Snapshot()
}
