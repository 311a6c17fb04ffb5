package otlp_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/test/otlptest"
)

func TestExporterDelivers(t *testing.T) {
	t.Parallel()
	web, rpc := otlptest.NewHTTP(t), otlptest.NewGRPC(t, nil)
	for _, tt := range []struct {
		name     string
		receiver *otlptest.Receiver
		options  otlp.Options
		first    uint64
	}{
		{"over HTTP", web, otlp.Options{URL: web.URL()}, 100},
		{"over HTTP, compressed", web, otlp.Options{URL: web.URL(), Gzip: true}, 200},
		{"over gRPC", rpc, otlp.Options{GRPC: true, URL: rpc.Address(), Insecure: true}, 300},
		{"over gRPC, compressed", rpc, otlp.Options{GRPC: true, URL: rpc.Address(), Insecure: true, Gzip: true}, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, err := otlp.New(t.Context(), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.ExportSpans(t.Context(), otlptest.Spans(tt.first, 10)); err != nil {
				t.Error(err)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			got := tt.receiver.Spans()
			for id := tt.first; id < tt.first+10; id++ {
				if n := got[otlptest.ID(id)]; n != 1 {
					t.Errorf("span %d arrived %d times", id, n)
				}
			}
		})
	}
}

// A proxy stands between, and may repeat what it was told.
func TestTheProxysPasswordIsASecret(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	r.Behave(func(int) otlptest.Behavior {
		return otlptest.Behavior{Status: 407, Body: "not Basic " + base64.StdEncoding.EncodeToString([]byte("eve:pl4nted")) + ", which is pl4nted"}
	})
	e, err := otlp.Driver().New(t.Context(), exporter.Settings{Setting: map[string]any{
		"endpoint": "http://collector.invalid", "proxy": "http://eve:pl4nted@" + r.Address(),
	}, Retry: map[string]any{"enabled": false}})
	if err != nil {
		t.Fatal(err)
	}
	err = e.ExportSpans(t.Context(), otlptest.Spans(1, 1))
	if err == nil || !strings.Contains(err.Error(), "407 Proxy Authentication Required: not Basic ***, which is *** (the proxy wants other credentials") {
		t.Errorf("got %v", err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
