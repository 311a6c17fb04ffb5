package otlptracehttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	official "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"

	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/otlptracehttp"
)

func Example() {
	ctx := context.Background()
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { fmt.Println(r.Method, r.URL.Path) }))
	defer collector.Close()

	e, err := otlptracehttp.New(ctx, official.WithEndpointURL(collector.URL+"/v1/traces"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.ExportSpans(ctx, exportertest.Many(1)), e.Shutdown(ctx))
	// Output:
	// POST /v1/traces
	// <nil> <nil>
}
