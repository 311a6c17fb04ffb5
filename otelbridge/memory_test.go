package otelbridge_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// Not parallel: it looks at the heap.
func TestLargeSpansLeaveNothingOnTheHeap(t *testing.T) {
	var received atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			t.Error(err)
		}
		received.Add(n)
	}))
	defer s.Close()
	cfg, err := config.Parse(fmt.Appendf(nil, "[otel]\nshutdown_timeout = \"2m\"\n[trace.a]\ndriver = \"otlp\"\nbuffer_bytes = \"256MB\"\nsetting = { endpoint = %q }\n"+
		"[trace.b]\ndriver = \"otlp\"\nsetting = { endpoint = %q }\nsample = { rate = 0, error = false }\n"+
		"[trace.c]\ndriver = \"otlp\"\nexport_timeout = \"2m\"\nbuffer_bytes = \"256MB\"\nsetting = { endpoint = %q, protocol = \"http/json\" }\n", s.URL, s.URL, s.URL), "toml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	tracer := b.TracerProvider().Tracer("memory")
	send := func(n, size int) {
		for range n {
			_, span := tracer.Start(t.Context(), "large")
			span.SetAttributes(attribute.String("text", strings.Repeat("x", size)))
			span.End()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // without a deadline it has 5 s
		defer cancel()
		if err := b.ForceFlush(ctx); err != nil {
			t.Error(err)
		}
	}
	send(8, 100) // connections, buffers
	before := heap()
	const size = 10 << 20
	send(8, size)
	grown := heap() - before
	t.Logf("%d bytes more than before", grown)
	if grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if received.Load() < 2*8*size {
		t.Errorf("%d bytes arrived", received.Load())
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func heap() int64 {
	for range 3 { // pools keep what they have for two collections
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
