package greptime_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"

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
			var outputs sync.Map
			settings := func(tb testing.TB, failing bool) exporter.Settings {
				tb.Helper()
				url, output := serve(tb, tt.rows, failing)
				outputs.Store(url, output)
				s := exporter.Settings{
					Connection: "test",
					Setting:    map[string]any{"url": url, "username": "root", "password": planted, "timeout": "10s"},
					Retry:      map[string]any{"initial": "1ms", "max": "5ms", "budget": "50ms"},
				}
				if tt.spooled {
					s.Spool = map[string]any{"dir": filepath.Join(tb.TempDir(), "spool")}
				}
				return s
			}
			of := func(s exporter.Settings) (int, string) {
				output, _ := outputs.Load(s.Setting["url"])
				return output.(func() (int, string))() //nolint:errcheck // stored above
			}
			exportertest.RunDriver(t, exportertest.DriverSubject{
				Driver:   greptime.Driver(),
				Settings: func(tb testing.TB) exporter.Settings { tb.Helper(); return settings(tb, false) },
				Failing:  func(tb testing.TB) exporter.Settings { tb.Helper(); return settings(tb, true) },
				Count:    func(_ testing.TB, s exporter.Settings) int { n, _ := of(s); return n },
				Output:   func(_ testing.TB, s exporter.Settings) string { _, text := of(s); return text },
				Ignores:  []string{"format", "json"}, // docs/drivers.md: they are about lines
				// What basic authentication makes of root:pl4nted-s3cr3t is a secret, too.
				Secrets: []string{planted, "cm9vdDpwbDRudGVkLXMzY3IzdA"},
			})
		})
	}
}

// serve returns the address of a server that lets root in, and how many spans it has stored, and what it has of them.
// A failing one complains about the password in turns for good and for now.
func serve(tb testing.TB, rows, failing bool) (url string, output func() (int, string)) {
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
		return "grpc://" + db.address, func() (int, string) {
			db.mu.Lock()
			defer db.mu.Unlock()
			return len(db.rows), fmt.Sprint(db.rows)
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
	return c.url, func() (int, string) {
		mu.Lock()
		defer mu.Unlock()
		return stored, "columns can't be renamed here"
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
