package console_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
)

// capacity notes the capacity of the buffer that the last write came from.
type capacity int

func (c *capacity) Write(p []byte) (int, error) {
	*c = capacity(cap(p))
	return len(p), nil
}

func TestABufferThatGrewForOneHugeSpanIsLetGo(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]exporter.Settings{"lines": {}, "JSON": {JSON: true}, "trees": {Format: "tree"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, bad capacity
			s.Stdout, s.Stderr = &out, &bad
			e := fresh(t, s)
			for _, size := range []int{8 << 20, 10, 10} {
				var list []sdktrace.ReadOnlySpan
				for n := range 9000 { // a tree cuts what is long, so it needs many
					stub := tracetest.SpanStub{Name: strings.Repeat("x", size/9000+1), SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
						TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{byte(n / 256), byte(n), 1},
					})}
					if n%2 == 1 {
						stub.Status = sdktrace.Status{Code: codes.Error, Description: stub.Name}
					}
					stub.Attributes = []attribute.KeyValue{attribute.String("text", stub.Name)}
					if size == 10 && n > 3 {
						break
					}
					list = append(list, stub.Snapshot())
				}
				if err := e.ExportSpans(t.Context(), list); err != nil {
					t.Fatal(err)
				}
			}
			if max(out, bad) > 1<<20 || out == 0 {
				t.Errorf("buffers of %d and %d bytes are kept, want at most 1 MiB", out, bad)
			}
		})
	}
}
