// Package querytest holds queries and what they find, for everything that answers queries.
package querytest

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/exportertest"
)

// Spans returns the spans that [Cases] are about: the four of [exportertest.Spans], 1 to 4, and
// four of two other traces, 5 to 8. A span's number is the last byte of its id.
func Spans() []sdktrace.ReadOnlySpan { return append(exportertest.Spans(), own().Snapshots()...) }

func own() tracetest.SpanStubs {
	res := resource.NewSchemaless(attribute.String("service.name", "cart"), attribute.String("host.name", "Node-7"))
	context := func(traceID, n byte) trace.SpanContext {
		if n == 0 {
			return trace.SpanContext{}
		}
		return trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{0: 0xab, 15: traceID}, SpanID: trace.SpanID{0: 0xcd, 7: n}, TraceFlags: trace.FlagsSampled,
		})
	}
	start := time.Date(2026, time.March, 5, 0, 0, 0, 0, time.UTC)
	span := func(traceID, n, parent byte, name string, d time.Duration, attrs ...attribute.KeyValue) tracetest.SpanStub {
		return tracetest.SpanStub{
			Name: name, SpanContext: context(traceID, n), Parent: context(traceID, parent),
			SpanKind: trace.SpanKindServer, StartTime: start, EndTime: start.Add(d), Attributes: attrs, Resource: res,
		}
	}
	stubs := tracetest.SpanStubs{
		span(1, 5, 0, "GET /health", 100*time.Millisecond, attribute.String("http.route", "/health"), attribute.Int("http.response.status_code", 200)),
		span(1, 6, 5, "Ärger (*) \"5\"", 1500*time.Millisecond, attribute.String("http.route", "/login"), attribute.Int("http.response.status_code", 503),
			attribute.String("retry after", "30"), attribute.StringSlice("roles", []string{"admin", "ops"})),
		span(2, 7, 0, "POST /login", 0, attribute.String("http.route", "/login"), attribute.Float64("score", 2.5),
			attribute.Float64("whole", 3), attribute.String("note", "a\\b c*d")),
		span(2, 8, 7, "\u202e\xff<script>", 2*time.Hour, attribute.Int64("big", 1<<53+1)),
	}
	stubs[1].Status = sdktrace.Status{Code: codes.Error, Description: "Upstream timed out"}
	stubs[1].SpanKind = trace.SpanKindClient
	stubs[1].Events = []sdktrace.Event{{Name: "exception", Time: start, Attributes: []attribute.KeyValue{
		attribute.String("exception.type", "TimeoutError"), attribute.Int("attempt", 3),
	}}}
	return stubs
}

// Case is a query and the numbers of the spans that it finds, in their order.
type Case struct {
	Query string
	Want  string
}

// Bad is a query that is wrong, where, and a part of what is said about it.
type Bad struct {
	Query      string
	At, Length int
	Problem    string
}
