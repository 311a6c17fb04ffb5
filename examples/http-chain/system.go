package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/entry"
)

// What each service's trace.toml says. The connection is one that keeps spans for the drawing.
const (
	gateConfig = `
[otel]
service = "gate"
edge = "restart"
[trace.kept]
driver = "kept"
`
	ordersConfig = `
[otel]
service = "orders"
inject_hosts = { localhost = ["headers"] }
[trace.kept]
driver = "kept"
`
	stockConfig = `
[otel]
service = "stock"
propagators = ["headers"]
[trace.kept]
driver = "kept"
`
)

// system is the three services. Each would be a process of its own, and would call Bridge.Install; here
// each is given its Bridge.
type system struct {
	gate    string
	bridges []*otelbridge.Bridge
	kept    []*memory.Exporter
	servers []*http.Server
	client  *http.Client
}

func start(ctx context.Context) (*system, error) {
	s := &system{client: &http.Client{Transport: &http.Transport{}}}
	gate, err := s.open(ctx, gateConfig)
	if err != nil {
		return nil, err
	}
	orders, err := s.open(ctx, ordersConfig)
	if err != nil {
		return nil, err
	}
	stock, err := s.open(ctx, stockConfig)
	if err != nil {
		return nil, err
	}
	stockAt, err := s.serve(ctx, stockHandler(stock))
	if err != nil {
		return nil, err
	}
	ordersAt, err := s.serve(ctx, ordersHandler(orders, strings.Replace(stockAt, "127.0.0.1", "localhost", 1), s.client.Transport))
	if err != nil {
		return nil, err
	}
	s.gate, err = s.serve(ctx, gateHandler(gate, ordersAt, s.client.Transport))
	return s, err
}

func (s *system) open(ctx context.Context, toml string) (*otelbridge.Bridge, error) {
	cfg, err := config.Parse([]byte(toml), "toml", config.WithEnviron(func() []string { return nil }))
	if err != nil {
		return nil, err
	}
	kept := memory.New()
	b, err := otelbridge.New(ctx, cfg, otelbridge.WithDriver("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		return kept, nil
	}))
	if err != nil {
		return nil, err
	}
	s.bridges, s.kept = append(s.bridges, b), append(s.kept, kept)
	return b, nil
}

func (s *system) serve(ctx context.Context, h http.Handler) (url string, err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	s.servers = append(s.servers, server)
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), nil
}

// spans returns what all services have recorded, after their handlers have returned.
func (s *system) spans(ctx context.Context) (all []sdktrace.ReadOnlySpan, err error) {
	for _, server := range s.servers {
		err = errors.Join(err, server.Shutdown(ctx))
	}
	for i, b := range s.bridges {
		err = errors.Join(err, b.ForceFlush(ctx))
		all = append(all, s.kept[i].Spans()...)
	}
	return all, err
}

func (s *system) stop(ctx context.Context) {
	s.client.CloseIdleConnections()
	for _, server := range s.servers {
		_ = server.Close()
	}
	for _, b := range s.bridges {
		_ = b.Shutdown(ctx)
	}
}

// tracer returns what makes the spans of a service's entries.
func tracer(b *otelbridge.Bridge) entry.Tracer {
	return entry.Tracer{Hook: b.Hook(), Propagator: b.Propagator()}
}

// wrapOtelhttp puts otelhttp around a handler, as the service has done before it had a Bridge.
func wrapOtelhttp(b *otelbridge.Bridge, h http.Handler) http.Handler {
	return otelhttp.NewHandler(h, "orders", otelhttp.WithTracerProvider(b.TracerProvider()), otelhttp.WithPropagators(b.Propagator()),
		otelhttp.WithSpanNameFormatter(entry.SpanName))
}
