package greptime_test

import (
	"errors"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/greptime"
)

// open makes an exporter by its driver, and shuts it down when the test is over.
func open(tb testing.TB, s exporter.Settings) *delivery.Exporter {
	tb.Helper()
	if s.Retry == nil {
		s.Retry = map[string]any{"initial": "1ms", "max": "2ms", "budget": "2s"}
	}
	made, err := greptime.Driver().New(tb.Context(), s)
	if err != nil {
		tb.Fatal(err)
	}
	e, ok := made.(*delivery.Exporter)
	if !ok {
		tb.Fatalf("the driver made a %T", made)
	}
	tb.Cleanup(func() {
		if err := e.Shutdown(tb.Context()); err != nil {
			tb.Error(err)
		}
	})
	return e
}

// result is what an export came to: spans exported, failed and spooled.
type result struct{ exported, failed, spooled int }

func resultOf(tb testing.TB, e sdktrace.SpanExporter, spans []sdktrace.ReadOnlySpan) (result, error) {
	tb.Helper()
	err := e.ExportSpans(tb.Context(), spans)
	if err == nil {
		return result{exported: len(spans)}, nil
	}
	var counted interface{ SpanResult() (int, int, int) }
	if !errors.As(err, &counted) {
		tb.Fatalf("the error counts no spans: %v", err)
	}
	var r result
	r.exported, r.failed, r.spooled = counted.SpanResult()
	return r, err
}

func containsAll(s string, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}
