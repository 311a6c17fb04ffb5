package redact_test

import (
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter/encode/redact"
)

func Example() {
	r, err := redact.New(redact.Options{Defaults: true, Mask: []string{"*password*"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	span := tracetest.SpanStub{Name: "login", Attributes: []attribute.KeyValue{
		attribute.String("user.password", "hunter2"),
		attribute.String("url.full", "https://bob:hunter2@example.com/"),
	}}.Snapshot()
	for _, s := range r.Spans([]sdktrace.ReadOnlySpan{span}) {
		for _, a := range s.Attributes() {
			fmt.Println(a.Key, a.Value.AsString())
		}
	}
	// Output:
	// user.password REDACTED
	// url.full https://REDACTED:REDACTED@example.com/
}
