package otlp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/test/otlptest"
)

func ExampleNew() {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("X-Tenant"))
		w.WriteHeader(http.StatusOK)
	}))
	defer collector.Close()

	ctx := context.Background()
	e, err := otlp.New(ctx, otlp.Options{URL: collector.URL + "/v1/traces", Headers: map[string]string{"X-Tenant": "shop"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.ExportSpans(ctx, otlptest.Spans(1, 3)))
	fmt.Println(e.Shutdown(ctx))
	// Output:
	// POST /v1/traces shop
	// <nil>
	// <nil>
}
