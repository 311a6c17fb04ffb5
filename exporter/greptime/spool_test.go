package greptime_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/otlptest"
)

// spooled is a connection with a password whose server can be away.
func spooled(tb testing.TB, url, dir string) *spool.Exporter {
	tb.Helper()
	s := exporter.Settings{
		Connection: "g", Setting: map[string]any{"url": url, "username": "root", "password": planted},
		Retry: map[string]any{"initial": "1ms", "max": "5ms", "budget": "20ms"},
		Spool: map[string]any{"dir": dir, "fsync": "never"},
	}
	if claims := greptime.Driver().Claims(s); len(claims) == 0 {
		tb.Error("a spool must be claimed")
	}
	made, err := greptime.Driver().New(tb.Context(), s)
	if err != nil {
		tb.Fatal(err)
	}
	e, ok := made.(*spool.Exporter)
	if !ok {
		tb.Fatalf("the driver made a %T", made)
	}
	return e
}

// TestAnOutageGoesToDisk stops in the middle of an outage and starts again after it: what was
// kept arrives, and the files hold what they should and no password.
func TestAnOutageGoesToDisk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, pattern string
		rows          bool
		read          func(b []byte) error
	}{
		{"http", "*.otlp", false, func(b []byte) error { return proto.Unmarshal(b, &coltracepb.ExportTraceServiceRequest{}) }},
		{"rows", "*.rows", true, func(b []byte) error { return proto.Unmarshal(b, &wire.GreptimeRequest{}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var away atomic.Bool
			away.Store(true)
			url, count := serveAway(t, tt.rows, &away)
			dir := filepath.Join(t.TempDir(), "spool")
			e := spooled(t, url, dir)
			got, err := resultOf(t, e, otlptest.Spans(1, 10))
			if (got != result{spooled: 10}) {
				t.Errorf("the result is %+v, %v; want 10 spooled", got, err)
			}
			if err := e.SpoolSpans(t.Context(), otlptest.Spans(11, 5)); err != nil {
				t.Error(err)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			files, err := filepath.Glob(filepath.Join(dir, "g", tt.pattern))
			if err != nil || len(files) != 2 {
				t.Fatalf("the spool has the files %v, %v; want 2 of %s", files, err, tt.pattern)
			}
			for _, name := range files {
				body, err := os.ReadFile(name)
				if err != nil || tt.read(body) != nil {
					t.Errorf("%s isn't a request: %v, %v", name, err, tt.read(body))
				}
				if bytes.Contains(body, []byte(planted)) || bytes.Contains(body, []byte("root")) {
					t.Errorf("%s holds the credentials", name)
				}
			}
			away.Store(false)
			e = spooled(t, url, dir)
			if n := e.SpoolInherited(); n != 15 {
				t.Errorf("%d spans were inherited, want 15", n)
			}
			for deadline := time.Now().Add(time.Minute); count() < 15 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			pending, replayed, dead, expired := e.SpoolCounts()
			if count() != 15 || pending != 0 || replayed != 15 || dead != 0 || expired != 0 {
				t.Errorf("%d spans arrived; %d pending, %d replayed, %d dead, %d expired", count(), pending, replayed, dead, expired)
			}
		})
	}
}

// serveAway is a server that lets root in, and is unavailable while away. It counts each span
// once: an attempt that Shutdown cut off may have arrived.
func serveAway(tb testing.TB, rows bool, away *atomic.Bool) (url string, count func() int) {
	tb.Helper()
	if rows {
		db := newDatabase(tb)
		db.username, db.password = "root", planted
		db.fail = func(context.Context, string) error {
			if away.Load() {
				return status.Error(codes.Unavailable, "Region not ready")
			}
			return nil
		}
		return "grpc://" + db.address, func() int {
			db.mu.Lock()
			defer db.mu.Unlock()
			return distinct(db.rows)
		}
	}
	c, p := newContract(tb), newPipeline()
	c.username, c.password = "root", planted
	c.accept = func(r *http.Request, request *coltracepb.ExportTraceServiceRequest) answer {
		if away.Load() {
			return jsonError(503, `{"error":"Region is busy"}`)
		}
		return p.accept(r, request)
	}
	return c.url, func() int {
		p.mu.Lock()
		defer p.mu.Unlock()
		if t := p.tables["traces"]; t != nil {
			return distinct(t.rows)
		}
		return 0
	}
}

func distinct(rows []map[string]any) int {
	ids := map[any]bool{}
	for _, row := range rows {
		ids[row["span_id"]] = true
	}
	return len(ids)
}
