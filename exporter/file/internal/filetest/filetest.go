// Package filetest has what the tests of files and of their readers share.
package filetest

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
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/file/readback"
)

// Epoch is when each span starts.
var Epoch = time.Date(2026, 11, 20, 12, 31, 31, 0, time.UTC) //nolint:gochecknoglobals // it never changes

// testResource is one for all spans, as in a process.
var testResource = resource.NewSchemaless(attribute.String("service.name", "shop")) //nolint:gochecknoglobals // it never changes

// Span returns the n-th span of a test: its name and ids say which.
func Span(n int) sdktrace.ReadOnlySpan {
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
		StartTime:  Epoch,
		EndTime:    Epoch.Add(1500 * time.Microsecond),
		Attributes: []attribute.KeyValue{attribute.Int("n", n), attribute.String("user", "ada")},
		Resource:   testResource,
	}.Snapshot()
}

// Spans returns those from one number up to another, without that.
func Spans(from, to int) []sdktrace.ReadOnlySpan {
	list := make([]sdktrace.ReadOnlySpan, 0, to-from)
	for n := from; n < to; n++ {
		list = append(list, Span(n))
	}
	return list
}

// Line is an encoder whose record is the span's name.
type Line struct{}

// Batched implements encode.Encoder.
func (Line) Batched() bool { return false }

// Kind implements encode.Encoder.
func (Line) Kind() string { return "text" }

// Append implements encode.Encoder.
func (Line) Append(dst []byte, list []sdktrace.ReadOnlySpan) []byte {
	for _, s := range list {
		if s != nil {
			dst = append(append(dst, s.Name()...), '\n')
		}
	}
	return dst
}

// Open opens a file, which is shut down with the test.
func Open(tb testing.TB, path string, opts ...file.Option) *file.Exporter {
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

// Shut shuts e down.
func Shut(tb testing.TB, e *file.Exporter) {
	tb.Helper()
	if err := e.Shutdown(context.Background()); err != nil {
		tb.Fatalf("Shutdown: %v", err)
	}
}

// Export exports a list of spans.
func Export(tb testing.TB, e *file.Exporter, list ...sdktrace.ReadOnlySpan) {
	tb.Helper()
	if err := e.ExportSpans(context.Background(), list); err != nil {
		tb.Fatalf("ExportSpans: %v", err)
	}
}

// Names lists a directory without the lock files.
func Names(tb testing.TB, dir string) []string {
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

// Write makes a file.
func Write(tb testing.TB, path, content string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// Zipped compresses content.
func Zipped(tb testing.TB, content string) string {
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

// ReadNames reads path and returns the names of the spans, or the lines of text.
func ReadNames(t *testing.T, path string, opts ...readback.Option) []string {
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

// WantNames returns the names of the first n spans.
func WantNames(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("span-%d", i))
	}
	return list
}

// Rich returns a span with everything that a span can have.
func Rich() sdktrace.ReadOnlySpan {
	stub := tracetest.SpanStubFromReadOnlySpan(Span(7))
	stub.Parent = trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: stub.SpanContext.TraceID(), SpanID: trace.SpanID{1, 2, 3}, Remote: true,
	})
	stub.Name = "---\nname: \"forged\"\n"
	stub.Status = sdktrace.Status{Code: codes.Error, Description: "no bread"}
	stub.Attributes = append(stub.Attributes, attribute.Int64("big", 1<<62), attribute.Float64("half", 0.5),
		attribute.Bool("yes", true), attribute.StringSlice("list", []string{"a", "b"}))
	return stub.Snapshot()
}
