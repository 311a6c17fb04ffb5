package greptime_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter"
)

// live reads rows back from a GreptimeDB that really runs.
type live struct {
	tb   testing.TB
	base *url.URL
}

// newLive skips where there is none: GREPTIMEDB_HTTP is http://USER:PASSWORD@HOST:4000.
func newLive(tb testing.TB) live {
	tb.Helper()
	address := os.Getenv("GREPTIMEDB_HTTP")
	if address == "" {
		tb.Skip("no GreptimeDB to test against: set GREPTIMEDB_HTTP=http://HOST:4000, and GREPTIMEDB_GRPC=grpc://HOST:4001 for rows")
	}
	base, err := url.Parse(address)
	if err != nil {
		tb.Fatal("GREPTIMEDB_HTTP is no URL")
	}
	return live{tb, base}
}

// table returns a name that nobody uses, and drops the tables made under it at the end.
func (l live) table() string {
	name := fmt.Sprintf("tracehook_test_%d", time.Now().UnixNano())
	l.tb.Cleanup(func() {
		for _, suffix := range []string{"", "_services", "_operations"} {
			l.query(`DROP TABLE IF EXISTS "` + name + suffix + `"`)
		}
	})
	return name
}

// query returns the rows of a statement, JSON columns decoded.
func (l live) query(sql string) [][]any {
	l.tb.Helper()
	u := *l.base
	u.User, u.Path, u.RawQuery = nil, "/v1/sql", "db=public"
	r, err := http.NewRequest(http.MethodPost, u.String(), strings.NewReader(url.Values{"sql": {sql}}.Encode())) //nolint:noctx // also called when the test's context is done
	if err != nil {
		l.tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if l.base.User != nil {
		password, _ := l.base.User.Password()
		r.SetBasicAuth(l.base.User.Username(), password)
	}
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Do(r)
	if err != nil {
		l.tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Output []struct {
			Records struct {
				Rows [][]any `json:"rows"`
			} `json:"records"`
		} `json:"output"`
		Error string `json:"error"`
	}
	decoder := json.NewDecoder(resp.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil || resp.StatusCode != http.StatusOK || len(answer.Output) != 1 {
		l.tb.Fatalf("%s: status %d, %q, %v", sql, resp.StatusCode, answer.Error, err)
	}
	rows := answer.Output[0].Records.Rows
	for _, row := range rows {
		for i, v := range row {
			if s, ok := v.(string); ok && (strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")) {
				var value any
				if json.Unmarshal([]byte(s), &value) == nil {
					row[i] = value
				}
			}
		}
	}
	return rows
}

func TestLiveTracePipeline(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	table := l.table()
	e := open(t, exporter.Settings{Setting: map[string]any{"url": l.base.String(), "table": table, "ttl": "7d", "partitions": 1}})
	if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
		t.Fatal(err)
	}
	want, got := golden(t, "telemetrygen.golden"), l.query(`SELECT * FROM "`+table+`"`)
	sortRows(want)
	sortRows(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]any{{"telemetrygen"}}, l.query(`SELECT service_name FROM "`+table+`_services"`)); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	if ddl := fmt.Sprint(l.query(`SHOW CREATE TABLE "` + table + `"`)); !containsAll(ddl, "append_mode = 'true'", "ttl = '7days'") {
		t.Errorf("the table is %s", ddl)
	}
}

func TestLiveRows(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	address := os.Getenv("GREPTIMEDB_GRPC")
	if address == "" {
		t.Skip("no gRPC port to test against: set GREPTIMEDB_GRPC=grpc://USER:PASSWORD@HOST:4001")
	}
	table := l.table()
	e := open(t, exporter.Settings{Setting: map[string]any{"url": address, "table": table, "ttl": "7d"}, Fields: seedFields()})
	if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
		t.Fatal(err)
	}
	var want [][]any
	for _, row := range golden(t, "telemetrygen.golden") {
		want = append(want, row[:14])
	}
	got := l.query(`SELECT ts, timestamp_end, duration_nano, psid, tid, sid, span_kind, span_name, span_status_code, span_status_message, ` +
		`trace_state, scope_name, scope_version, service_name FROM "` + table + `"`)
	sortRows(want)
	sortRows(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	peer := l.query(`SELECT json_get_string(span_attributes, '"net.peer.ip"') FROM "` + table + `" LIMIT 1`)
	if diff := cmp.Diff([][]any{{"1.2.3.4"}}, peer); diff != "" {
		t.Errorf("an attribute (-want +got):\n%s", diff)
	}
	if ddl := fmt.Sprint(l.query(`SHOW CREATE TABLE "` + table + `"`)); !containsAll(ddl, "append_mode = 'true'", "SKIPPING INDEX", `TIME INDEX ("ts")`) {
		t.Errorf("the table is %s", ddl)
	}
}
