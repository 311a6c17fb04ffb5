package otlp_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/otlptest"
)

// sink takes requests and forgets them, with as little work as possible: what is measured is
// the sending side.
func sink(b *testing.B) string {
	b.Helper()
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	var open []net.Conn // the official client leaves them open, so they are closed from here
	accepted := make(chan struct{})
	b.Cleanup(func() {
		_ = l.Close()
		<-accepted
		for _, conn := range open {
			_ = conn.Close()
		}
		all.Wait()
	})
	go func() {
		defer close(accepted)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open = append(open, conn)
			all.Go(func() { swallow(conn) })
		}
	}()
	return "http://" + l.Addr().String() + "/v1/traces"
}

func swallow(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReaderSize(conn, 64<<10)
	size := int64(0)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			size, _ = strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		}
		if line != "\r\n" {
			continue
		}
		if _, err := io.CopyN(io.Discard, r, size); err != nil {
			return
		}
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}

func export(b *testing.B, spans []sdktrace.ReadOnlySpan, e sdktrace.SpanExporter) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := e.ExportSpans(b.Context(), spans); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(spans)*b.N)/b.Elapsed().Seconds(), "spans/s")
	_ = e.Shutdown(b.Context())
}

func BenchmarkExport(b *testing.B) {
	spans := recorded(b, 256)
	b.Run("official", func(b *testing.B) {
		e, err := otlptrace.New(b.Context(), otlptracehttp.NewClient(otlptracehttp.WithEndpointURL(sink(b))))
		if err != nil {
			b.Fatal(err)
		}
		export(b, spans, e)
	})
	b.Run("ours", func(b *testing.B) {
		e, err := otlp.New(b.Context(), otlp.Options{URL: sink(b)})
		if err != nil {
			b.Fatal(err)
		}
		export(b, spans, e)
	})
	b.Run("spool idle", func(b *testing.B) {
		e, err := otlp.NewSpooled(b.Context(), otlp.Options{URL: sink(b)}, spool.Options{Dir: filepath.Join(b.TempDir(), "s"), Connection: "c"})
		if err != nil {
			b.Fatal(err)
		}
		export(b, spans, e)
	})
}

// recorded returns ended spans of the SDK itself: what connections get.
func recorded(b *testing.B, n int) []sdktrace.ReadOnlySpan {
	b.Helper()
	var spans []sdktrace.ReadOnlySpan
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(keeper{&spans}))
	for _, like := range otlptest.Spans(1, n) {
		_, s := tp.Tracer("bench").Start(b.Context(), like.Name())
		s.SetAttributes(like.Attributes()...)
		s.End()
	}
	return spans
}

type keeper struct{ spans *[]sdktrace.ReadOnlySpan }

func (k keeper) OnEnd(s sdktrace.ReadOnlySpan) { *k.spans = append(*k.spans, s) }

func (keeper) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (keeper) Shutdown(context.Context) error                  { return nil }
func (keeper) ForceFlush(context.Context) error                { return nil }

// BenchmarkReplay sends batches from disk; compare its spans/s with BenchmarkExport/ours.
func BenchmarkReplay(b *testing.B) {
	spans := recorded(b, 256)
	gate := make(chan struct{})
	var once sync.Once
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-gate
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	b.Cleanup(s.Close)
	b.Cleanup(func() { once.Do(func() { close(gate) }) })
	e, err := otlp.NewSpooled(b.Context(), otlp.Options{URL: s.URL + "/", Timeout: time.Hour}, spool.Options{
		Dir: filepath.Join(b.TempDir(), "s"), Connection: "c", Sync: spool.SyncNever, MaxBytes: 1 << 40,
	})
	if err != nil {
		b.Fatal(err)
	}
	const batches = 500
	for range batches {
		if err := e.SpoolSpans(b.Context(), spans); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	once.Do(func() { close(gate) })
	for {
		if pending, _, _, _ := e.SpoolCounts(); pending == 0 {
			break
		}
		time.Sleep(100 * time.Microsecond)
	}
	b.ReportMetric(float64(batches*len(spans))/b.Elapsed().Seconds(), "spans/s")
	_ = e.Shutdown(b.Context())
}
