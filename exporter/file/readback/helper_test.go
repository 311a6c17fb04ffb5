package readback_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/file"
)

var epoch = time.Date(2026, 11, 20, 12, 31, 31, 0, time.UTC)

var testResource = resource.NewSchemaless(attribute.String("service.name", "shop"))

// span is the n-th span of a test: its name and ids say which.
func span(n int) sdktrace.ReadOnlySpan {
	var tid trace.TraceID
	var sid trace.SpanID
	binary.BigEndian.PutUint64(tid[8:], uint64(n)+1)
	binary.BigEndian.PutUint64(sid[:], uint64(n)+1)
	return tracetest.SpanStub{
		Name: fmt.Sprintf("span-%d", n),
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: tid, SpanID: sid, TraceFlags: trace.FlagsSampled,
		}),
		SpanKind:   trace.SpanKindServer,
		StartTime:  epoch,
		EndTime:    epoch.Add(1500 * time.Microsecond),
		Attributes: []attribute.KeyValue{attribute.Int("n", n), attribute.String("user", "ada")},
		Resource:   testResource,
	}.Snapshot()
}

func spans(from, to int) []sdktrace.ReadOnlySpan {
	list := make([]sdktrace.ReadOnlySpan, 0, to-from)
	for n := from; n < to; n++ {
		list = append(list, span(n))
	}
	return list
}

// line is an encoder whose record is the span's name.
type line struct{}

func (line) Batched() bool { return false }
func (line) Kind() string  { return "text" }
func (line) Append(dst []byte, list []sdktrace.ReadOnlySpan) []byte {
	for _, s := range list {
		if s != nil {
			dst = append(append(dst, s.Name()...), '\n')
		}
	}
	return dst
}

func open(tb testing.TB, path string, opts ...file.Option) *file.Exporter {
	tb.Helper()
	e, err := file.New(path, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Shutdown(context.Background()); err != nil {
			tb.Errorf("Shutdown: %v", err)
		}
	})
	return e
}

func shut(tb testing.TB, e *file.Exporter) {
	tb.Helper()
	if err := e.Shutdown(context.Background()); err != nil {
		tb.Fatalf("Shutdown: %v", err)
	}
}

func export(tb testing.TB, e *file.Exporter, list ...sdktrace.ReadOnlySpan) {
	tb.Helper()
	if err := e.ExportSpans(context.Background(), list); err != nil {
		tb.Fatalf("ExportSpans: %v", err)
	}
}

// names lists a directory without the lock files.
func names(tb testing.TB, dir string) []string {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			list = append(list, e.Name())
		}
	}
	sort.Strings(list)
	return list
}

func write(tb testing.TB, path, content string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func zipped(tb testing.TB, content string) string {
	tb.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if _, err := io.WriteString(zip, content); err != nil {
		tb.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}
