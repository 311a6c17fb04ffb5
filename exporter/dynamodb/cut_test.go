package dynamodb_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tracehook/tracehook/exporter/dynamodb"
	"github.com/tracehook/tracehook/exporter/report"
)

// cutting returns the address of a server before the real one. It cuts its first answers to the operation, and
// counts them.
func cutting(tb testing.TB, operation string, times int64) (address string, cut *atomic.Int64) {
	tb.Helper()
	target, err := url.Parse(server(tb))
	if err != nil {
		tb.Fatal(err)
	}
	behind := httputil.NewSingleHostReverseProxy(target)
	transport := &http.Transport{}
	behind.Transport = transport
	cut = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+operation) || cut.Load() >= times {
			behind.ServeHTTP(w, r)
			return
		}
		cut.Add(1)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"Items": [`) // net/http hangs up after it
	}))
	tb.Cleanup(func() { s.Close(); transport.CloseIdleConnections() })
	return s.URL, cut
}

// An answer that is cut says nothing about whose it is: the spans are sent again, and none is refused.
func TestAnswersThatAreCut(t *testing.T) {
	t.Parallel()
	address, cut := cutting(t, "BatchWriteItem", 3)
	s := settings(address)
	if err := export(t, s, stub(0, 0), stub(0, 1)); err != nil {
		t.Errorf("after %d answers that were cut: %v", cut.Load(), err)
	}
	if cut.Load() != 3 {
		t.Errorf("%d answers were cut", cut.Load())
	}
	if spans := read(t, optionsOf(t, s), traceID(0)); len(spans) != 2 {
		t.Errorf("%d spans have come, want 2", len(spans))
	}

	address, _ = cutting(t, "BatchWriteItem", 1<<40)
	s = settings(address)
	s.Retry = map[string]any{"initial": "1ms", "max": "5ms", "budget": "60ms"}
	err := export(t, s, stub(0, 0))
	if r, ok := errors.AsType[*report.Result](err); !ok || r.Barred || strings.Contains(r.Error(), "check endpoint") {
		t.Errorf("got %v", err)
	}
}

// Read asks again.
func TestReadingSurvivesCutAnswers(t *testing.T) {
	t.Parallel()
	address, cut := cutting(t, "Query", 2)
	s := settings(address)
	if err := export(t, s, stub(0, 0)); err != nil {
		t.Fatal(err)
	}
	if spans := read(t, optionsOf(t, s), traceID(0)); len(spans) != 1 || cut.Load() != 2 {
		t.Errorf("%d spans, %d answers were cut", len(spans), cut.Load())
	}
	address, cut = cutting(t, "Query", 1<<40)
	s.Setting["endpoint"] = address
	for _, err := range dynamodb.Read(t.Context(), optionsOf(t, s), traceID(0)) {
		if err == nil || strings.Contains(err.Error(), "check endpoint") || cut.Load() < 3 {
			t.Errorf("after %d answers that were cut: %v", cut.Load(), err)
		}
	}
}
