package greptime_test

import (
	"context"
	"net/http"
	"path/filepath"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/test/otlptest"
)

const planted = "pl4nted-s3cr3t"

// TestConformance runs the kit on every way to send, with a password that the failing server
// repeats.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		rows    bool
		spooled bool
	}{{"http", false, false}, {"rows", true, false}, {"http with a spool", false, true}, {"rows with a spool", true, true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var counts sync.Map
			build := func(tb testing.TB, failing bool) sdktrace.SpanExporter {
				tb.Helper()
				url, count := serve(tb, tt.rows, failing)
				s := exporter.Settings{
					Connection: "test",
					Setting:    map[string]any{"url": url, "username": "root", "password": planted, "timeout": "10s"},
					Retry:      map[string]any{"initial": "1ms", "max": "5ms", "budget": "50ms"},
				}
				if tt.spooled {
					s.Spool = map[string]any{"dir": filepath.Join(tb.TempDir(), "spool")}
				}
				d := greptime.Driver()
				if err := d.Check(s); err != nil {
					tb.Fatal(err)
				}
				e, err := d.New(tb.Context(), s)
				if err != nil {
					tb.Fatal(err)
				}
				counts.Store(e, count)
				return e
			}
			exportertest.Run(t, exportertest.Subject{
				New:     func(tb testing.TB) sdktrace.SpanExporter { tb.Helper(); return build(tb, false) },
				Failing: func(tb testing.TB) sdktrace.SpanExporter { tb.Helper(); return build(tb, true) },
				Count: func(e sdktrace.SpanExporter) int {
					count, _ := counts.Load(e)
					return count.(func() int)() //nolint:errcheck // stored above
				},
				// What basic authentication makes of root:pl4nted-s3cr3t is a secret, too.
				Secrets: []string{planted, "cm9vdDpwbDRudGVkLXMzY3IzdA"},
			})
		})
	}
}

// serve returns the address of a server that lets root in, and how many spans it has stored.
// A failing one complains about the password in turns for good and for now.
func serve(tb testing.TB, rows, failing bool) (url string, count func() int) {
	tb.Helper()
	if rows {
		db := newDatabase(tb)
		db.username, db.password = "root", planted
		if failing {
			calls := 0
			db.fail = func(context.Context, string) error {
				calls++
				code := []codes.Code{codes.Unauthenticated, codes.Unavailable}[calls%2]
				return status.Error(code, "Username and password does not match, password: "+planted)
			}
		}
		return "grpc://" + db.address, func() int {
			db.mu.Lock()
			defer db.mu.Unlock()
			return len(db.rows)
		}
	}
	c := newContract(tb)
	c.username, c.password = "root", planted
	var mu sync.Mutex
	stored, calls := 0, 0
	c.accept = func(r *http.Request, request *coltracepb.ExportTraceServiceRequest) answer {
		mu.Lock()
		defer mu.Unlock()
		if calls++; failing {
			return jsonError([]int{401, 503}[calls%2], `{"code":7002,"error":"wrong: `+r.Header.Get("Authorization")+` is `+planted+`"}`)
		}
		for _, rs := range request.GetResourceSpans() {
			for _, ss := range rs.GetScopeSpans() {
				stored += len(ss.GetSpans())
			}
		}
		return accepted()
	}
	return c.url, func() int {
		mu.Lock()
		defer mu.Unlock()
		return stored
	}
}

// TestPartialSuccessHidesThePassword is the one answer that the kit doesn't give.
func TestPartialSuccessHidesThePassword(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	c.accept = func(*http.Request, *coltracepb.ExportTraceServiceRequest) answer {
		return partial(t, 1, "the password "+planted+" is fine, the span is not")
	}
	e := open(t, exporter.Settings{Setting: map[string]any{"url": c.url, "username": "root", "password": planted}})
	_, err := resultOf(t, e, otlptest.Spans(1, 2))
	if err == nil || !containsAll(err.Error(), "the password *** is fine") {
		t.Errorf("the error is %v", err)
	}
}
