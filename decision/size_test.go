package decision_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// sizeOf returns the mean over spans of all ids.
func sizeOf(s sdktrace.ReadOnlySpan) (n int64) {
	for i := range 256 {
		n += decision.SizeOf(s, trace.SpanID{7: byte(i)})
	}
	return n / 256
}

func TestSizeOfCountsEveryTextOfASpan(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	empty := sizeOf(tracetest.SpanStub{}.Snapshot())
	if empty < 256 || empty > 1024 {
		t.Errorf("an empty span takes %d bytes", empty)
	}
	with := func(v attribute.Value) tracetest.SpanStub {
		return tracetest.SpanStub{Attributes: []attribute.KeyValue{{Key: "k", Value: v}}}
	}
	nested := attribute.MapValue(attribute.String("a", "b"), attribute.KeyValue{Key: "c", Value: attribute.SliceValue(attribute.StringValue(long))})
	for name, stub := range map[string]tracetest.SpanStub{
		"name":        {Name: long},
		"description": {Status: sdktrace.Status{Description: long}},
		"string":      with(attribute.StringValue(long)),
		"key":         {Attributes: []attribute.KeyValue{attribute.Int(long, 1)}},
		"strings":     with(attribute.StringSliceValue([]string{long[:500], long[500:]})),
		"ints":        with(attribute.Int64SliceValue(make([]int64, 125))),
		"floats":      with(attribute.Float64SliceValue(make([]float64, 125))),
		"bools":       with(attribute.BoolSliceValue(make([]bool, 1000))),
		"bytes":       with(attribute.ByteSliceValue([]byte(long))),
		"nested":      with(nested),
		"event":       {Events: []sdktrace.Event{{Name: long}}},
		"event attr":  {Events: []sdktrace.Event{{Attributes: []attribute.KeyValue{attribute.String("k", long)}}}},
		"link attr":   {Links: []sdktrace.Link{{SpanContext: trace.SpanContext{}, Attributes: []attribute.KeyValue{attribute.String("k", long)}}}},
	} {
		if got := sizeOf(stub.Snapshot()) - empty; got < 1000 || got > 1400 {
			t.Errorf("%s: 1000 bytes count as %d", name, got)
		}
		if got, want := decision.WholeSizeOf(stub.Snapshot()), sizeOf(stub.Snapshot()); got != want {
			t.Errorf("%s: WholeSizeOf = %d, and the mean of SizeOf is %d", name, got, want)
		}
	}
}

func TestSizeOfDoesNotAllocate(t *testing.T) {
	s := tracetest.SpanStub{
		Name:       "GET /x",
		Attributes: []attribute.KeyValue{attribute.String("a", "b"), attribute.Int("c", 1), attribute.Bool("d", true)},
	}.Snapshot()
	if n := testing.AllocsPerRun(100, func() { sizeOf(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
