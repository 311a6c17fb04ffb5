package dynamodb_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/dynamodb"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/setting"
)

// What is wrong with a destination is a sentence that says what to do, and keeps the spans waiting.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer func(string) (int, string)
		key    []string // of a table that is there
		kind   types.ScalarAttributeType
		schema string
		want   string
		barred bool
	}{
		"wrong credentials": {
			answer: says(http.StatusBadRequest, "UnrecognizedClientException", "The security token included in the request is invalid."),
			want:   "UnrecognizedClientException: The security token included in the request is invalid. (check the credentials, and that they are of this account and region)", barred: true,
		},
		"a wrong secret, which AWS repeats": {
			answer: says(http.StatusBadRequest, "InvalidSignatureException", "The Canonical String for this request should have been "+secretKey),
			want:   "InvalidSignatureException: The Canonical String for this request should have been *** (check the credentials", barred: true,
		},
		"no rights": {
			answer: says(http.StatusBadRequest, "AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized to perform: dynamodb:BatchWriteItem"),
			want:   "(allow dynamodb:BatchWriteItem on the table)", barred: true,
		},
		"no table": {
			want: `(there is no table "TABLE" in region us-east-1: make it with the key trace_id (N), span_id (N), or set create = true)`, barred: true,
		},
		"a table with another key": {
			key: []string{"id"}, kind: types.ScalarAttributeTypeS,
			want: "(the table has the key id (S), and this schema writes trace_id (N), span_id (N): use another table, schema or fields)", barred: true,
		},
		"the table of the other schema": {
			key: []string{"trace_id", "span_id"}, kind: types.ScalarAttributeTypeN, schema: "otel",
			want: "(the table has the key trace_id (N), span_id (N), and this schema writes trace_id (S), span_id (S): use another table, schema or fields)", barred: true,
		},
		"a web server": {
			answer: func(string) (int, string) { return http.StatusNotFound, "<html>not here</html>" },
			want:   "(this is no DynamoDB: check endpoint)", barred: true,
		},
		"another AWS service": {
			answer: says(http.StatusBadRequest, "UnknownOperationException", ""),
			want:   "(this is no DynamoDB: check endpoint)", barred: true,
		},
		"no capacity": {
			answer: throttles(1),
			want:   "(the capacity of the table or of the account is used up)",
		},
		"a failure of AWS": {
			answer: says(http.StatusInternalServerError, "InternalServerError", "The request processing has failed"),
			want:   "InternalServerError: The request processing has failed",
		},
		"what can never be right": {
			answer: says(http.StatusBadRequest, "ValidationException", "Invalid UpdateExpression"),
			want:   ": Invalid UpdateExpression",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProxy(t)
			p.answer = tt.answer
			s := settings(p.url, "create", false)
			if tt.schema != "" {
				s.Setting["schema"] = tt.schema
			}
			table := fmt.Sprint(s.Setting["table"])
			if tt.key != nil {
				makeTable(t, table, tt.kind, tt.key...)
			}
			s.Retry = map[string]any{"initial": "1ms", "max": "5ms", "budget": "60ms"}
			r, ok := errors.AsType[*report.Result](export(t, s, stub(0, 0), stub(0, 1)))
			want := strings.ReplaceAll(tt.want, "TABLE", table)
			if !ok || r.Failed != 2 || r.Barred != tt.barred || !strings.Contains(r.Error(), want) {
				t.Errorf("barred %t: %v\nwant %t, and\n%s", ok && r.Barred, r, tt.barred, want)
			}
			if !strings.Contains(fmt.Sprint(r), "table "+table) {
				t.Errorf("which table? %v", r)
			}
		})
	}
}

// A destination that isn't there is retried, and its sentence has neither its path nor the secret.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s := settings(gone.URL)
	s.Retry = map[string]any{"initial": "1ms", "budget": "20ms"}
	err := export(t, s, stub(0, 0))
	if err == nil || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), secretKey) {
		t.Errorf("got %v", err)
	}
}

// Spans wait at a table that isn't there, and are written when it is.
func TestSpansWaitForTheTable(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	s := settings(p.url, "create", false)
	s.Retry["budget"] = "2m"
	table := fmt.Sprint(s.Setting["table"])
	e, err := dynamodb.Driver().New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- e.ExportSpans(t.Context(), tracetest.SpanStubs{stub(0, 0)}.Snapshots()) }()
	for report.SpoolOf(e).Barred() == nil {
		time.Sleep(time.Millisecond)
	}
	makeTable(t, table, types.ScalarAttributeTypeN, "trace_id", "span_id")
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := len(scan(t, table)); n != 1 || p.deletes == 0 {
		t.Errorf("%d items, %d probes", n, p.deletes)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheTableIsMade(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	var lines atomic.Int64
	s := settings(p.url, "ttl", "1h", "ttl_attribute", "gone_at")
	s.Logger = slog.New(counting{&lines})
	if err := export(t, s, stub(0, 0)); err != nil {
		t.Fatal(err)
	}
	items := scan(t, fmt.Sprint(s.Setting["table"]))
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	end := stub(0, 0).EndTime
	if got, ok := items[0]["gone_at"].(*types.AttributeValueMemberN); !ok || got.Value != strconv.FormatInt(end.Add(time.Hour).Unix(), 10) {
		t.Errorf("gone_at is %+v", items[0]["gone_at"])
	}
	if !strings.Contains(p.ttl, `"AttributeName":"gone_at"`) || !strings.Contains(p.ttl, `"Enabled":true`) {
		t.Errorf("time to live was told %s", p.ttl)
	}
}

// counting counts what is logged as a warning.
type counting struct{ n *atomic.Int64 }

func (counting) Enabled(context.Context, slog.Level) bool { return true }
func (c counting) WithAttrs([]slog.Attr) slog.Handler     { return c }
func (c counting) WithGroup(string) slog.Handler          { return c }

func (c counting) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		c.n.Add(1)
	}
	return nil
}

// The credentials are those of the profile, and are read again when they change.
func TestCredentialsOfAProfile(t *testing.T) {
	dir := t.TempDir()
	write := func(key string) {
		text := "[spans]\naws_access_key_id = " + key + "\naws_secret_access_key = " + secretKey + "\n"
		if err := os.WriteFile(filepath.Join(dir, "credentials"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("OLDKEY")
	for name, value := range map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"), "AWS_CONFIG_FILE": filepath.Join(dir, "config"),
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	p := newProxy(t)
	var old atomic.Bool
	p.accept = func(r *http.Request) bool {
		if strings.Contains(r.Header.Get("Authorization"), "Credential=OLDKEY/") {
			old.Store(true)
			return false
		}
		return strings.Contains(r.Header.Get("Authorization"), "Credential=NEWKEY/")
	}
	s := settings(p.url, "profile", "spans")
	delete(s.Setting, "access_key")
	delete(s.Setting, "secret_key")
	e, err := dynamodb.Driver().New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- e.ExportSpans(t.Context(), tracetest.SpanStubs{stub(0, 0)}.Snapshots()) }()
	for report.SpoolOf(e).Barred() == nil {
		time.Sleep(time.Millisecond)
	}
	write("NEWKEY")
	if err := <-done; err != nil || !old.Load() {
		t.Errorf("%v; the old key was used: %t", err, old.Load())
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}

	// Without any credentials spans wait, and the sentence says what to set.
	delete(s.Setting, "profile")
	s.Retry = map[string]any{"budget": "50ms"}
	if err := export(t, s, stub(0, 0)); err == nil || !strings.Contains(err.Error(), "there are no AWS credentials") || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("got %v", err)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "credentials"))
	tls := exporter.Settings{RequireTLS: true, Setting: map[string]any{"endpoint": "http://db.internal:8000"}}
	if err := dynamodb.Driver().Check(tls); err == nil || !strings.Contains(err.Error(), "require_tls: what is sent to http://db.internal:8000 could be read on the way") {
		t.Errorf("require_tls: %v", err)
	}
	for _, tt := range []struct {
		setting map[string]any
		fields  []exporter.FieldMapping
		path    string
		want    string
	}{
		{map[string]any{}, nil, "setting.region", "no AWS region is known: set region, AWS_REGION"},
		{map[string]any{"region": "eu-central-1", "table": "a b"}, nil, "setting.table", `"a b" is no name of a table`},
		{map[string]any{"region": "eu-central-1", "schema": "recoder"}, nil, "setting.schema", "recorder"},
		{map[string]any{"endpoint": "127.0.0.1:8000"}, nil, "setting.endpoint", "want http://HOST:PORT"},
		{map[string]any{"endpoint": "http://bob:" + secretKey + "@h"}, nil, "setting.endpoint", "use access_key and secret_key"},
		{map[string]any{"endpoint": "http://h", "access_key": "AK"}, nil, "setting.secret_key", "belong together"},
		{map[string]any{"endpoint": "http://h", "session_token": "x"}, nil, "setting.session_token", "belongs to access_key"},
		{map[string]any{"region": "r", "access_key": "AK", "secret_key": "x", "profile": "p"}, nil, "setting.profile", "leave one of them out"},
		{map[string]any{"region": "r", "profile": "nobody"}, nil, "setting.profile", "can't be used"},
		{map[string]any{"endpoint": "http://h", "ca": "x.pem"}, nil, "setting.ca", "write https://"},
		{map[string]any{"endpoint": "http://h", "ttl": "-1h"}, nil, "setting.ttl", ""},
		{map[string]any{"endpoint": "http://h", "ttl": "1h"}, []exporter.FieldMapping{{Source: "name", Target: "expires"}}, "fields.name", "taken by ttl_attribute"},
		{map[string]any{"endpoint": "http://h"}, []exporter.FieldMapping{{Source: "name", Target: "span_id"}}, "fields.name", "taken by the key of the table"},
		{map[string]any{"endpoint": "http://h"}, []exporter.FieldMapping{{Source: "nam", Target: "x"}}, "fields.nam", `"name"`},
	} {
		err := dynamodb.Driver().Check(exporter.Settings{Setting: tt.setting, Fields: tt.fields})
		problem, ok := errors.AsType[setting.Problem](err)
		if !ok || problem.Path != tt.path || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secretKey) {
			t.Errorf("%v: got %v, want a problem of %s with %q", tt.setting, err, tt.path, tt.want)
		}
	}
}
