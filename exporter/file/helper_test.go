package file_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/file/readback"
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

func read(tb testing.TB, path string) string {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		zip, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			tb.Fatal(err)
		}
		if data, err = io.ReadAll(zip); err != nil {
			tb.Fatal(err)
		}
	}
	return string(data)
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

// all is the content of all files of a directory, torn ones aside.
func all(tb testing.TB, dir string) string {
	tb.Helper()
	var b strings.Builder
	for _, name := range names(tb, dir) {
		if !strings.HasSuffix(name, ".torn") {
			b.WriteString(read(tb, filepath.Join(dir, name)))
		}
	}
	return b.String()
}

func write(tb testing.TB, path, content string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func appendTo(tb testing.TB, path, content string) {
	tb.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := f.WriteString(content); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

// clock is a clock that stands still until it is set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
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

func sorted(list []string) []string {
	return slices.Sorted(slices.Values(list))
}

// readNames reads path and returns the names of the spans, or the lines of text.
func readNames(t *testing.T, path string, opts ...readback.Option) []string {
	t.Helper()
	var list []string
	for rec, err := range readback.Read(path, opts...) {
		if err != nil {
			t.Fatalf("Read: %v", err)
		}
		if rec.Span.Name == "" {
			rec.Span.Name = string(rec.Raw)
		}
		list = append(list, rec.Span.Name)
	}
	return list
}

func wantNames(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("span-%d", i))
	}
	return list
}

func rich() sdktrace.ReadOnlySpan {
	stub := tracetest.SpanStubFromReadOnlySpan(span(7))
	stub.Parent = trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: stub.SpanContext.TraceID(), SpanID: trace.SpanID{1, 2, 3}, Remote: true,
	})
	stub.Name = "---\nname: \"forged\"\n"
	stub.Status = sdktrace.Status{Code: codes.Error, Description: "no bread"}
	stub.Attributes = append(stub.Attributes, attribute.Int64("big", 1<<62), attribute.Float64("half", 0.5),
		attribute.Bool("yes", true), attribute.StringSlice("list", []string{"a", "b"}))
	return stub.Snapshot()
}
