package e2e_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// TestSpansOfOTelHTTP traces a request by otelhttp on both sides and a handler by the
// framework's API. otelhttp renames its server span when the route is known: the rule that
// keeps it names what it is called in the end.
func TestSpansOfOTelHTTP(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte(`
[trace.memory]
driver = "kept"
[trace.memory.sample]
rate = 0
rules = [ { name = "GET /login", sample = 1 }, { name = "HTTP GET", sample = 1 }, { name = "service:*", sample = 1 } ]
`), "toml")
	if err != nil {
		t.Fatal(err)
	}
	kept := memory.New()
	bridge, err := otelbridge.New(t.Context(), cfg, otelbridge.WithDriver("kept",
		func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return kept, nil }))
	if err != nil {
		t.Fatal(err)
	}
	tp, hook := bridge.TracerProvider(), bridge.Hook()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(_ http.ResponseWriter, r *http.Request) {
		hook.Begin(tracehook.NewMeta().WithContext(r.Context()), "service:user.login", nil).End()
	})
	mux.HandleFunc("GET /other", func(http.ResponseWriter, *http.Request) {})
	options := []otelhttp.Option{otelhttp.WithTracerProvider(tp), otelhttp.WithPropagators(bridge.Propagator())}
	server := httptest.NewServer(otelhttp.NewHandler(mux, "any", options...))
	client := &http.Client{Transport: otelhttp.NewTransport(server.Client().Transport, options...)}
	for _, path := range []string{"/login", "/other"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body) // its end is what ends the client's span
		if err != nil || resp.Body.Close() != nil {
			t.Fatal("the response has no end", err)
		}
	}
	server.Close() // waits for the handlers, and with them for their spans
	if err := bridge.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := map[string]sdktrace.ReadOnlySpan{}
	for _, s := range kept.Spans() {
		if _, ok := spans[s.Name()]; !ok {
			spans[s.Name()] = s
		}
	}
	if len(kept.Spans()) != 4 || spans["GET /other"] != nil {
		t.Errorf("kept %v, want two requests, the login's server span and its service", spans)
	}
	for name, above := range map[string]string{"GET /login": "HTTP GET", "service:user.login": "GET /login"} {
		var parent trace.SpanContext
		if p := spans[above]; p != nil {
			parent = p.SpanContext()
		}
		if s := spans[name]; s == nil || s.Parent().SpanID() != parent.SpanID() {
			t.Errorf("%q isn't below %q", name, above)
		}
	}
	if err := bridge.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}
