package encode_test

import (
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// Not parallel: it counts allocations.
func TestAppendAllocatesNothing(t *testing.T) {
	spans := ended(t, 64, 8)
	for _, kind := range encode.Kinds() {
		e, err := encode.New(kind, exporter.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		buf := e.Append(nil, spans)
		if allocs := testing.AllocsPerRun(20, func() { buf = e.Append(buf[:0], spans) }); allocs != 0 {
			t.Errorf("%s: a batch of 64 spans allocates %v times", kind, allocs)
		}
	}
	e := encode.NewOTLPProto(encode.OTLPOptions{})
	spans = append(spans, promoted{spans[0]})
	buf := e.Append(nil, spans)
	if allocs := testing.AllocsPerRun(20, func() { buf = e.Append(buf[:0], spans) }); allocs != 0 {
		t.Errorf("OTLP protobuf: a batch of 65 spans allocates %v times", allocs)
	}
}

// promoted has what a connection gives the spans that it keeps.
type promoted struct{ sdktrace.ReadOnlySpan }

var promotedState, _ = trace.ParseTraceState("ot=th:8")

func (p promoted) SpanContext() trace.SpanContext {
	return p.ReadOnlySpan.SpanContext().WithTraceState(promotedState)
}
