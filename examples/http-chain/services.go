package main

import (
	"context"
	"io"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/entry"
)

// gateHandler serves callers that aren't trusted: what they say about a trace becomes a link and nothing
// else.
func gateHandler(b *otelbridge.Bridge, orders string, base http.RoundTripper) http.Handler {
	client := &http.Client{Transport: &entry.Transport{Tracer: tracer(b), Base: base}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /buy/{item}", func(w http.ResponseWriter, r *http.Request) {
		forward(w, r, client, orders+"/orders/"+r.PathValue("item"))
	})
	return (&entry.Middleware{Tracer: tracer(b), TraceParent: true}).Handler(mux)
}

// ordersHandler is a service with otelhttp on both sides. The Middleware below it makes no span of its
// own: it names otelhttp's and adds the route.
func ordersHandler(b *otelbridge.Bridge, stock string, base http.RoundTripper) http.Handler {
	instrumented := otelhttp.NewTransport(base, otelhttp.WithTracerProvider(b.TracerProvider()), otelhttp.WithPropagators(b.Propagator()))
	client := &http.Client{Transport: entry.HostTransport{Base: instrumented}}
	t := tracer(b)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{item}", func(w http.ResponseWriter, r *http.Request) {
		err := t.Invoke(r.Context(), "method", "price", func(context.Context) error { return nil })
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		forward(w, r, client, stock+"/stock/"+r.PathValue("item"))
	})
	return wrapOtelhttp(b, (&entry.Middleware{Tracer: t}).Handler(mux))
}

// stockHandler is the older service.
func stockHandler(b *otelbridge.Bridge) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stock/{item}", func(w http.ResponseWriter, r *http.Request) {
		span := b.Hook().Begin(entry.MetaFrom(r.Context()), "shelf", nil)
		defer span.End()
		switch r.PathValue("item") {
		case "unicorn":
			http.NotFound(w, r)
		case "anvil":
			http.Error(w, "the shelf broke", http.StatusServiceUnavailable)
		default:
			_, _ = io.WriteString(w, "7")
		}
	})
	return (&entry.Middleware{Tracer: tracer(b)}).Handler(mux)
}

// forward answers with what another service answers.
func forward(w http.ResponseWriter, r *http.Request, client *http.Client, url string) {
	out, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	res, err := client.Do(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = res.Body.Close() }()
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}
