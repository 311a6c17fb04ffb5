package processortest

import (
	"encoding/binary"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// Span returns a sampled span that has ended, with n as its span id and in its trace id. N
// must not be 0.
func Span(n uint64) sdktrace.ReadOnlySpan { return Stub(n).Snapshot() }

// Stub returns what Span makes a span of, for tests that change it first.
func Stub(n uint64) tracetest.SpanStub {
	var sid trace.SpanID
	var tid trace.TraceID
	binary.BigEndian.PutUint64(sid[:], n)
	tid[0] = 1
	binary.BigEndian.PutUint64(tid[8:], n*0x9e3779b97f4a7c15)
	start := time.Unix(1_700_000_000, 0)
	return tracetest.SpanStub{
		Name: "span",
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: tid, SpanID: sid, TraceFlags: trace.FlagsSampled,
		}),
		StartTime: start,
		EndTime:   start.Add(time.Millisecond),
	}
}
