package dynamodb_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter/dynamodb"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/otelbridge"
)

func Example() {
	cfg, err := config.Parse([]byte(`
[trace.table]
driver = "dynamodb"
setting = { endpoint = "http://127.0.0.1:8000", create = true, access_key = "local", secret_key = "local" }
`), "toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	bridge, err := open(context.Background(), cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = bridge.Shutdown(context.Background()) }() // nothing was traced
	for name, c := range bridge.Stats().Connections {
		fmt.Println(name, c.Offered)
	}
	// Output: table 0
}

func open(ctx context.Context, cfg config.Config) (*otelbridge.Bridge, error) {
	return otelbridge.New(ctx, cfg, otelbridge.WithDriverSpec("dynamodb", dynamodb.Driver()))
}

func ExampleRead() {
	options := dynamodb.Options{Region: "eu-central-1"}
	id := trace.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36}
	spans, err := traceOf(context.Background(), options, id)
	if err != nil {
		fmt.Println(err)
	}
	for _, span := range spans {
		fmt.Println(span.Name, span.Duration())
	}
}

func traceOf(ctx context.Context, options dynamodb.Options, id trace.TraceID) (spans []readback.Span, err error) {
	for span, err := range dynamodb.Read(ctx, options, id) {
		if err != nil {
			return nil, err
		}
		spans = append(spans, span)
	}
	return spans, nil
}
