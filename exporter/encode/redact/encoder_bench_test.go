package redact_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// ordinary returns n spans without secrets, as an HTTP server makes them, with the first so many
// attributes, up to twelve.
func ordinary(n, attributes int) []sdktrace.ReadOnlySpan {
	recorder := tracetest.NewSpanRecorder()
	tp := sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(recorder), sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"))),
	)
	attrs := []attribute.KeyValue{
		attribute.String("http.request.method", "GET"), attribute.String("url.full", "https://shop.example/orders/7?page=2"),
		attribute.Int("http.response.status_code", 200), attribute.String("server.address", "shop.example"),
		attribute.String("network.peer.address", "10.11.12.13"), attribute.String("url.scheme", "https"),
		attribute.String("user_agent.original", "shop-client/1.2"), attribute.Int("server.port", 443),
		attribute.String("http.route", "/orders/{id}"), attribute.String("client.address", "10.11.12.13"),
		attribute.String("network.protocol.version", "1.1"), attribute.Int("network.peer.port", 51234),
	}
	for range n {
		_, s := tp.Tracer("shop/orders", trace.WithInstrumentationVersion("1.2.3")).Start(
			context.Background(), "GET /orders/{id}", trace.WithAttributes(attrs[:attributes]...))
		s.End()
	}
	return recorder.Ended()
}

// BenchmarkRedactedRatio encodes spans in which nothing is found, with and without redaction in turn,
// and reports the ratio of the medians: what redaction costs that has nothing to do.
func BenchmarkRedactedRatio(b *testing.B) {
	type encoder interface {
		Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte
	}
	for _, kind := range []struct {
		name string
		new  func(*redact.Redactor) encoder
	}{
		{"json", func(r *redact.Redactor) encoder {
			e, err := encode.NewJSON(exporter.Settings{})
			if err != nil {
				b.Fatal(err)
			}
			e.Redact(r)
			return e
		}},
		{"protobuf", func(r *redact.Redactor) encoder { return encode.NewOTLPProto(encode.OTLPOptions{Redactor: r}) }},
	} {
		for _, rules := range []struct {
			name string
			o    redact.Options
		}{
			{"defaults", redact.Options{Defaults: true}},
			{"keys", redact.Options{Defaults: true, Mask: []string{"*password*", "*secret*", "*token*"}, Query: []string{"token", "*_key"}}},
		} {
			for _, attributes := range []int{4, 8, 12} {
				b.Run(fmt.Sprintf("%s/%s/attributes=%d", kind.name, rules.name, attributes), func(b *testing.B) {
					without, with := kind.new(nil), kind.new(newRedactor(b, rules.o))
					spans := ordinary(256, attributes)
					var buf []byte
					var plain, redacted []time.Duration
					b.ReportAllocs()
					for b.Loop() {
						t0 := time.Now()
						buf = without.Append(buf[:0], spans)
						t1 := time.Now()
						buf = with.Append(buf[:0], spans)
						plain, redacted = append(plain, t1.Sub(t0)), append(redacted, time.Since(t1))
					}
					slices.Sort(plain)
					slices.Sort(redacted)
					middle := len(plain) / 2
					b.ReportMetric(float64(redacted[middle])/float64(plain[middle]), "ratio")
					b.ReportMetric(float64(plain[middle])/float64(len(spans)), "ns/plain-span")
				})
			}
		}
	}
}
