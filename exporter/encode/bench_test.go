package encode_test

import (
	"fmt"
	"io"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// ended returns n spans with that many attributes, made by the SDK.
func ended(tb testing.TB, n, attributes int) []sdktrace.ReadOnlySpan {
	tb.Helper()
	recorder := tracetest.NewSpanRecorder()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	tracer := tp.Tracer("github.com/tracehook/tracehook/exporter/encode")
	ctx, root := tracer.Start(tb.Context(), "http:GET /users/{id}")
	for range n {
		_, span := tracer.Start(ctx, "service:user.login")
		for i := range attributes {
			switch i % 4 {
			case 0:
				span.SetAttributes(attribute.String(fmt.Sprintf("user.name.%d", i), "Ada Lovelace"))
			case 1:
				span.SetAttributes(attribute.Int(fmt.Sprintf("http.response.status_code.%d", i), 200))
			case 2:
				span.SetAttributes(attribute.Bool(fmt.Sprintf("vip.%d", i), true))
			default:
				span.SetAttributes(attribute.Float64(fmt.Sprintf("score.%d", i), 0.25))
			}
		}
		span.End()
	}
	root.End()
	return recorder.Ended()[:n]
}

func BenchmarkAppend(b *testing.B) {
	for _, kind := range encode.Kinds() {
		for _, attributes := range []int{1, 4, 8, 64} {
			b.Run(fmt.Sprintf("%s/attributes=%d", kind, attributes), func(b *testing.B) {
				spans := ended(b, 256, attributes)
				encoder, err := encode.New(kind, exporter.Settings{})
				if err != nil {
					b.Fatal(err)
				}
				var buf []byte
				b.ReportAllocs()
				for b.Loop() {
					buf = encoder.Append(buf[:0], spans)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/span")
				b.SetBytes(int64(len(buf)))
			})
		}
	}
}

func BenchmarkStdouttrace(b *testing.B) {
	for _, attributes := range []int{1, 4, 8, 64} {
		b.Run(fmt.Sprintf("attributes=%d", attributes), func(b *testing.B) {
			spans := ended(b, 256, attributes)
			e, err := stdouttrace.New(stdouttrace.WithWriter(io.Discard))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := e.ExportSpans(b.Context(), spans); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/span")
		})
	}
}
