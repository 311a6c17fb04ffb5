package greptime_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/test/otlptest"
)

func TestTheTableIsMadeOnce(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	s := rowSettings(t, db, map[string]any{"ttl": "30d", "table": "spans", "database": "telemetry"})
	s.Fields = append(s.Fields, exporter.FieldMapping{Source: "code", Target: "code"}, exporter.FieldMapping{Source: "duration_ms", Target: "ms"})
	e := open(t, s)
	for range 3 {
		if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
			t.Fatal(err)
		}
	}
	db.check(t)
	const want = `CREATE TABLE IF NOT EXISTS "spans" (` +
		`"ts" TIMESTAMP(9) NOT NULL, "timestamp_end" TIMESTAMP(9) NULL, "duration_nano" BIGINT UNSIGNED NULL, ` +
		`"psid" STRING NULL SKIPPING INDEX, "tid" STRING NULL SKIPPING INDEX, "sid" STRING NULL, ` +
		`"span_kind" STRING NULL, "span_name" STRING NULL, "span_status_code" STRING NULL, "span_status_message" STRING NULL, ` +
		`"trace_state" STRING NULL, "scope_name" STRING NULL, "scope_version" STRING NULL, "service_name" STRING NULL SKIPPING INDEX, ` +
		`"span_attributes" JSON NULL, "scope_attributes" JSON NULL, "resource_attributes" JSON NULL, "span_events" JSON NULL, "span_links" JSON NULL, ` +
		`"code" BIGINT NULL, "ms" DOUBLE NULL, ` +
		`TIME INDEX ("ts"), PRIMARY KEY ("service_name")) ENGINE = mito WITH ('append_mode' = 'true', 'ttl' = '30d')`
	if diff := cmp.Diff([]string{want}, db.creates); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"sql", "rows", "rows", "rows"}, db.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"append_mode=true,ttl=30d"}, db.hints); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
}

// TestRowsArriveWithoutTheRightToCreate falls back on what GreptimeDB creates by itself, and
// says so once.
func TestRowsArriveWithoutTheRightToCreate(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	db.fail = func(_ context.Context, kind string) error {
		if kind == "sql" {
			return status.Error(codes.PermissionDenied, "User is not authorized to perform this action")
		}
		return nil
	}
	var log bytes.Buffer
	s := rowSettings(t, db, nil)
	s.Logger = slog.New(slog.NewTextHandler(&log, nil))
	e := open(t, s)
	for range 2 {
		if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
			t.Fatal(err)
		}
	}
	db.check(t)
	if diff := cmp.Diff([]string{"sql", "rows", "rows"}, db.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if n := strings.Count(log.String(), "without indexes"); n != 1 {
		t.Errorf("the log says it %d times, want once:\n%s", n, log.String())
	}
}

// TestTheTableIsTriedAgain while nothing could be stored: the database may be made meanwhile.
func TestTheTableIsTriedAgain(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	var missing atomic.Bool
	missing.Store(true)
	db.fail = func(context.Context, string) error {
		if missing.Load() {
			return status.Error(codes.NotFound, "Database not found: public")
		}
		return nil
	}
	e := open(t, rowSettings(t, db, nil))
	got, err := resultOf(t, e, telemetrygen(t))
	if got.failed != 4 || err == nil || !strings.Contains(err.Error(), "check database, or create it") {
		t.Errorf("the result is %+v, %v", got, err)
	}
	missing.Store(false)
	if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"sql", "rows"}, db.calls[len(db.calls)-2:]); diff != "" {
		t.Errorf("the last calls (-want +got):\n%s", diff)
	}
}

// TestEachStatusOfRows has a row for each status that upstream maps its errors to.
func TestEachStatusOfRows(t *testing.T) {
	t.Parallel()
	const once, again, halved = 1, 2, 5
	for _, tt := range []struct {
		name    string
		code    codes.Code
		message string
		hint    string // of the trailer
		calls   int
		resent  int64
		says    string
	}{
		{"invalid arguments", codes.InvalidArgument, "column count mismatch, columns: 2, values: 1", "", once, 0, "another table, or change fields"},
		{"table not found", codes.NotFound, "Table not found: traces", "", once, 0, "check database"},
		{"unknown user", codes.NotFound, "User not found, username: u", "", once, 0, "check username and password"},
		{"wrong password", codes.Unauthenticated, "Username and password does not match, username: u", "", once, 0, "check username and password"},
		{"access denied", codes.PermissionDenied, "Access denied for user 'u' to database 'd'", "", once, 0, "the user may not write there"},
		{"unsupported", codes.Unimplemented, "Not supported", "", once, 0, "gRPC port, which is 4001"},
		{"internal", codes.Internal, "Internal error: 1003", "", once, 0, "Internal error: 1003"},
		{"region not ready", codes.Unavailable, "Region not ready", "", again, 0, ""},
		{"region busy", codes.ResourceExhausted, "Region is busy", "", again, 0, ""},
		{"too large", codes.ResourceExhausted, "grpc: received message larger than max (9 vs. 1)", "", halved, 0, ""},
		{"internal that may pass", codes.Internal, "Internal error: 1003", "retryable", again, 0, ""},
		{"unavailable for good", codes.Unavailable, "Storage is gone", "non_retryable", once, 0, "Storage is gone"},
		{"a hint that nobody knows", codes.Internal, "Internal error: 1003", "perhaps", once, 0, "Internal error: 1003"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := newDatabase(t)
			calls := 0
			db.fail = func(ctx context.Context, kind string) error {
				if kind == "sql" {
					return nil
				}
				if calls++; calls > 1 {
					return nil
				}
				if tt.hint != "" {
					trailer := metadata.Pairs("x-greptime-err-code", "1003", "x-greptime-err-retry-hint", tt.hint)
					if err := grpc.SetTrailer(ctx, trailer); err != nil {
						return err
					}
				}
				return status.Error(tt.code, tt.message)
			}
			settings := rowSettings(t, db, nil)
			want := result{failed: 4}
			if tt.calls == once {
				settings.Retry = map[string]any{"enabled": false} // or it would wait for better credentials
			} else {
				want = result{exported: 4}
			}
			e := open(t, settings)
			got, err := resultOf(t, e, telemetrygen(t))
			if got != want || calls != tt.calls || e.Resent() != tt.resent {
				t.Errorf("the result is %+v after %d calls, %d spans sent again; want %+v after %d, %d", got, calls, e.Resent(), want, tt.calls, tt.resent)
			}
			if tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("the error doesn't say %q: %v", tt.says, err)
			}
		})
	}
}

func TestAnOutageBeforeTheTableIsNoUncertainty(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	failures := 0
	db.fail = func(context.Context, string) error {
		if failures++; failures <= 2 {
			return status.Error(codes.Unavailable, "not yet")
		}
		return nil
	}
	e := open(t, rowSettings(t, db, nil))
	if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
		t.Fatal(err)
	}
	if e.Resent() != 0 {
		t.Errorf("%d spans count as sent again, want none: no row had left", e.Resent())
	}
	if diff := cmp.Diff([]string{"sql", "sql", "sql", "rows"}, db.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestOddAnswersOfRows are answers of something that isn't quite GreptimeDB.
func TestOddAnswersOfRows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		body []byte
		want result
		says string
		logs string
	}{
		{"upstream's bytes for 4 rows", []byte("\x0a\x02\x0a\x00\x12\x02\x08\x04"), result{exported: 4}, "", ""},
		{"nothing", nil, result{exported: 4}, "", ""},
		{"another number of rows", []byte("\x0a\x02\x0a\x00\x12\x02\x08\x03"), result{exported: 4}, "", "it counted 3 rows for 4 spans"},
		{"a status in the answer", []byte("\x0a\x0a\x0a\x08\x08\xeb\x07\x12\x03bad"), result{failed: 4}, "code 1003: bad", ""},
		{"garbage", []byte("\xff\xff\xff"), result{failed: 4}, "can't be read", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := newDatabase(t)
			db.answer = func(kind string) []byte {
				if kind == "rows" {
					return tt.body
				}
				return nil
			}
			var log bytes.Buffer
			s := rowSettings(t, db, nil)
			s.Logger = slog.New(slog.NewTextHandler(&log, nil))
			got, err := resultOf(t, open(t, s), telemetrygen(t))
			if got != tt.want || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("the result is %+v, %v; want %+v and %q", got, err, tt.want, tt.says)
			}
			if !strings.Contains(log.String(), tt.logs) {
				t.Errorf("the log doesn't say %q:\n%s", tt.logs, log.String())
			}
		})
	}
}

func TestRowsSayWhatIsWrongWithThePort(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	receiver := otlptest.NewGRPC(t, nil)
	for _, tt := range []struct{ name, url, want string }{
		{"an HTTP server", "grpc://" + server.Listener.Addr().String(), "4000 is GreptimeDB's HTTP port; gRPC is 4001"},
		{"another gRPC server", "grpc://" + receiver.Address(), "gRPC port, which is 4001"},
		{"no TLS there", "grpcs://" + newDatabase(t).address, "the port speaks plaintext"},
		{"nobody", "grpc://127.0.0.1:1", "connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, exporter.Settings{
				Setting: map[string]any{"url": tt.url, "timeout": "2s"},
				Retry:   map[string]any{"enabled": false},
			})
			got, err := resultOf(t, e, telemetrygen(t))
			if got.failed != 4 || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the result is %+v, %v; want an error that says %q", got, err, tt.want)
			}
		})
	}
}

func TestADatabaseWithADashIsExplained(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e, err := greptime.New(t.Context(), greptime.Options{Database: "my-db", Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Shutdown(t.Context()), e.Shutdown(t.Context())); err != nil {
		t.Error(err)
	}
	if !containsAll(log.String(), "catalog=my", "schema=db") {
		t.Errorf("the log is %s", log.String())
	}
}
