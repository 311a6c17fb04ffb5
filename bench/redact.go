package main

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// redactionPairs encode spans of an HTTP server in which the default rules find nothing; one operation is
// one span.
func redactionPairs() (pairs []pair) {
	for _, format := range []string{"JSON lines", "protobuf"} {
		for _, attributes := range []int{4, 8, 12} {
			pairs = append(pairs, pair{
				name: fmt.Sprintf("%s, attributes: %d, redacted", format, attributes), over: "not redacted", target: 1.2, allocs: 0,
				base: func(b *testing.B) { encoded(b, format, attributes, nil) },
				ours: func(b *testing.B) {
					r, err := redact.New(redact.Options{Defaults: true})
					if err != nil {
						fail(b, err)
					}
					encoded(b, format, attributes, r)
				},
			})
		}
	}
	return pairs
}

// encoded measures an encoder that redacts with r; nil redacts nothing.
func encoded(b *testing.B, format string, attributes int, r *redact.Redactor) {
	b.Helper()
	var encoder interface {
		Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte
	} = encode.NewOTLPProto(encode.OTLPOptions{Redactor: r})
	if format != "protobuf" {
		json, err := encode.NewJSON(exporter.Settings{})
		if err != nil {
			fail(b, err)
		}
		json.Redact(r)
		encoder = json
	}
	spans := served(b, attributes)
	var buf []byte
	busy(b, func() {
		for n := b.N; n > 0; n -= len(spans) {
			buf = encoder.Append(buf[:0], spans[:min(n, len(spans))])
		}
	})
}

// served returns a batch of spans of an HTTP server, with that many of its attributes.
func served(b *testing.B, attributes int) (spans []sdktrace.ReadOnlySpan) {
	b.Helper()
	attrs := []attribute.KeyValue{
		attribute.String("http.request.method", "GET"), attribute.String("url.full", "https://shop.example/orders/7?page=2"),
		attribute.Int("http.response.status_code", 200), attribute.String("server.address", "shop.example"),
		attribute.String("network.peer.address", "10.11.12.13"), attribute.String("url.scheme", "https"),
		attribute.String("user_agent.original", "shop-client/1.2"), attribute.Int("server.port", 443),
		attribute.String("http.route", "/orders/{id}"), attribute.String("client.address", "10.11.12.13"),
		attribute.String("network.protocol.version", "1.1"), attribute.Int("network.peer.port", 51234),
	}
	var m maker
	tp := sdktrace.NewTracerProvider(m.options()...)
	for len(spans) < 256 {
		few := m.spans(b, tp, attrs[:attributes]...)
		spans = append(spans, few[:]...)
	}
	return spans
}
