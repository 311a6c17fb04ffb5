package otlp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/test/otlptest"
)

// jsonRequest is what a receiver got.
type jsonRequest struct {
	path, contentType string
	body              any
}

// jsonReceiver answers all requests with answer.
func jsonReceiver(t *testing.T, answer string) (url string, requests <-chan jsonRequest) {
	t.Helper()
	got := make(chan jsonRequest, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		request := jsonRequest{path: r.URL.Path, contentType: r.Header.Get("Content-Type")}
		if err != nil || json.Unmarshal(raw, &request.body) != nil {
			t.Errorf("%v: not JSON: %q", err, raw)
		}
		got <- request
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

func TestJSONIsWhatTheOfficialExporterSends(t *testing.T) {
	t.Parallel()
	url, requests := jsonReceiver(t, "{}")
	official, err := otlptrace.New(t.Context(), otlptracehttp.NewClient(
		otlptracehttp.WithEndpointURL(url+"/v1/traces"), otlptracehttp.WithEncoding(otlptracehttp.EncodingJSON)))
	if err != nil {
		t.Fatal(err)
	}
	d := otlp.Driver()
	ours, err := d.New(t.Context(), exporter.Settings{Setting: map[string]any{"endpoint": url, "protocol": "http/json"}})
	if err != nil {
		t.Fatal(err)
	}
	environ := func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}[name]
	}
	byEnvironment, err := d.New(t.Context(), exporter.Settings{Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	var got []jsonRequest
	for _, e := range []sdktrace.SpanExporter{official, ours, byEnvironment} {
		if err := e.ExportSpans(t.Context(), otlptest.Spans(1, 2)); err != nil {
			t.Error(err)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		got = append(got, <-requests)
	}
	for i, name := range []string{"ours", "by environment"} {
		if diff := cmp.Diff(got[0], got[i+1], cmp.AllowUnexported(jsonRequest{})); diff != "" {
			t.Errorf("(-official +%s):\n%s", name, diff)
		}
	}
}

func TestSpoolKeepsJSON(t *testing.T) {
	t.Parallel()
	url, requests := jsonReceiver(t, `{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no"}}`)
	dir := filepath.Join(t.TempDir(), "spool")
	e, err := otlp.Driver().New(t.Context(), exporter.Settings{
		Connection: "c", Setting: map[string]any{"endpoint": url, "protocol": "http/json"},
		Spool: map[string]any{"dir": dir, "mode": "always"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(t.Context(), otlptest.Spans(1, 3)); err == nil {
		t.Error("spans that are on disk count as exported")
	}
	if got := <-requests; got.contentType != "application/json" {
		t.Errorf("replayed as %q", got.contentType)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
