package otlp_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/otlptest"
)

// The official exporters read the environment of the process, whatever they are told. This
// test sets it, so that it can't be parallel.
func TestTheEnvironmentOfTheProcessChangesNothing(t *testing.T) {
	cert, key, _ := certificate(t, t.TempDir(), "other")
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:1/elsewhere", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://127.0.0.1:1/",
		"OTEL_EXPORTER_OTLP_HEADERS": "api-key=s3cr3t", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
		"OTEL_EXPORTER_OTLP_CERTIFICATE": cert, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": cert, "OTEL_EXPORTER_OTLP_CLIENT_KEY": key,
	} {
		t.Setenv(name, value)
	}
	web, rpc := otlptest.NewHTTP(t), otlptest.NewGRPC(t, nil)
	for r, o := range map[*otlptest.Receiver]otlp.Options{
		web: {URL: web.URL()}, rpc: {GRPC: true, URL: rpc.Address(), Insecure: true},
	} {
		e, err := otlp.New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.ExportSpans(t.Context(), otlptest.Spans(1, 3)); err != nil {
			t.Error(err)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if len(r.Spans()) != 3 {
			t.Fatalf("gRPC %t: %d spans arrived, want 3", o.GRPC, len(r.Spans()))
		}
		if h := r.Headers()[0]; h.Get("Api-Key") != "" || h.Get("Content-Encoding") != "" {
			t.Errorf("gRPC %t: headers are %v", o.GRPC, h)
		}
	}
}

// A batch whose time is up before it was encoded still reaches the spool.
func TestACanceledExportIsSpooled(t *testing.T) {
	t.Parallel()
	web, rpc := otlptest.NewHTTP(t), otlptest.NewGRPC(t, nil)
	for name, o := range map[string]otlp.Options{
		"http": {URL: web.URL()}, "grpc": {GRPC: true, URL: rpc.Address(), Insecure: true},
	} {
		e := newSpooled(t, o, spool.Options{Dir: filepath.Join(t.TempDir(), name)})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var l ledger
		l.add(t, 5, e.ExportSpans(ctx, otlptest.Spans(1, 5)))
		if l.spooled != 5 {
			t.Errorf("%s: %+v, want 5 spooled", name, l)
		}
	}
}

// After Shutdown nothing says that spans are kept.
func TestSpoolSpansAfterShutdown(t *testing.T) {
	t.Parallel()
	e := newSpooled(t, otlp.Options{}, spool.Options{Dir: filepath.Join(t.TempDir(), "s")})
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.SpoolSpans(t.Context(), otlptest.Spans(1, 1)); err == nil {
		t.Error("spans are said to be kept")
	}
	if err := e.ExportSpans(t.Context(), otlptest.Spans(1, 1)); err != nil {
		t.Errorf("ExportSpans after Shutdown: %v", err)
	}
}
