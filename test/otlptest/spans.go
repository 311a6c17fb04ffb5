package otlptest

import (
	"encoding/binary"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// Spans returns n ended spans whose span ids are first, first+1, and so on: a server span
// each with four attributes.
func Spans(first uint64, n int) []sdktrace.ReadOnlySpan {
	res := resource.NewSchemaless(attribute.String("service.name", "checkout"))
	begin := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)
	stubs := make(tracetest.SpanStubs, n)
	for i := range stubs {
		id := first + uint64(i)
		var tid trace.TraceID
		var sid trace.SpanID
		binary.BigEndian.PutUint64(tid[8:], id)
		tid[0] = 1
		binary.BigEndian.PutUint64(sid[:], id)
		stubs[i] = tracetest.SpanStub{
			Name:        "GET /users/:id",
			SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: tid, SpanID: sid, TraceFlags: trace.FlagsSampled}),
			SpanKind:    trace.SpanKindServer,
			StartTime:   begin, EndTime: begin.Add(12345678 * time.Nanosecond),
			Attributes: []attribute.KeyValue{
				attribute.String("http.request.method", "GET"),
				attribute.String("http.route", "/users/:id"),
				attribute.Int("http.response.status_code", 200),
				attribute.Bool("cached", true),
			},
			Status:               sdktrace.Status{Code: codes.Unset},
			Resource:             res,
			InstrumentationScope: instrumentation.Scope{Name: "otlptest", Version: "1"},
		}
	}
	return stubs.Snapshots()
}

// ID returns the hexadecimal span id of the span that [Spans] numbered n.
func ID(n uint64) string {
	var sid trace.SpanID
	binary.BigEndian.PutUint64(sid[:], n)
	return sid.String()
}
