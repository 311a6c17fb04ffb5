package e2e_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/entry"
)

// BenchmarkMiddleware compares a handler in a Middleware, and in both, with the same handler in otelhttp, in
// turn, and reports the medians of the ratios.
func BenchmarkMiddleware(b *testing.B) {
	cfg, err := config.Parse([]byte("[trace]\ndriver = \"none\"\n"), "toml", config.WithEnviron(func() []string { return nil }))
	if err != nil {
		b.Fatal(err)
	}
	bridge, err := otelbridge.New(context.Background(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = bridge.Shutdown(context.Background()) }()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("ok")) })
	ours := (&entry.Middleware{Tracer: entry.Tracer{Hook: bridge.Hook(), Propagator: bridge.Propagator()}}).Handler
	theirs := func(h http.Handler) http.Handler {
		return otelhttp.NewHandler(h, "x", otelhttp.WithTracerProvider(bridge.TracerProvider()), otelhttp.WithPropagators(bridge.Propagator()))
	}
	alone, with, both := theirs(mux), ours(mux), theirs(ours(mux))
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/users/7", http.NoBody)
	r.Header.Set("Traceparent", w3cParent)
	var single, nested []float64
	for b.Loop() {
		base := serveMany(alone, r)
		single = append(single, serveMany(with, r).Seconds()/base.Seconds())
		nested = append(nested, serveMany(both, r).Seconds()/base.Seconds())
	}
	for name, ratios := range map[string][]float64{"alone": single, "below-otelhttp": nested} {
		slices.Sort(ratios)
		b.ReportMetric(ratios[len(ratios)/2], name)
	}
}

func serveMany(h http.Handler, r *http.Request) time.Duration {
	start := time.Now()
	for range 200 {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	return time.Since(start)
}
