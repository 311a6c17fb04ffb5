package otlp_test

import (
	"testing"

	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/send/sendtest"
)

func TestExporterDelivers(t *testing.T) {
	t.Parallel()
	web, rpc := sendtest.NewHTTP(t), sendtest.NewGRPC(t, nil)
	for _, tt := range []struct {
		name     string
		receiver *sendtest.Receiver
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
			if err := e.ExportSpans(t.Context(), sendtest.Spans(tt.first, 10)); err != nil {
				t.Error(err)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			got := tt.receiver.Spans()
			for id := tt.first; id < tt.first+10; id++ {
				if n := got[sendtest.ID(id)]; n != 1 {
					t.Errorf("span %d arrived %d times", id, n)
				}
			}
		})
	}
}
