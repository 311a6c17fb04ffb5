package greptime_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/internal/vocab"
)

func message(tb testing.TB, m proto.Message) []byte {
	tb.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func partial(tb testing.TB, rejected int64, text string) answer {
	tb.Helper()
	a := accepted()
	a.body = message(tb, &coltracepb.ExportTraceServiceResponse{PartialSuccess: &coltracepb.ExportTracePartialSuccess{
		RejectedSpans: rejected, ErrorMessage: text,
	}})
	return a
}

func statusOf(tb testing.TB, status int, text string) answer {
	tb.Helper()
	return answer{status: status, contentType: "application/x-protobuf", body: message(tb, &spb.Status{Message: text})}
}

func TestHTTPRequestIsWhatTheTracePipelineWants(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		setting map[string]any
		want    map[string]string
	}{
		{
			"defaults", nil,
			map[string]string{
				"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip",
				"X-Greptime-Pipeline-Name": "greptime_trace_v1", "X-Greptime-Trace-Table-Name": "traces",
				"X-Greptime-Db-Name": "public", "Authorization": "", "X-Greptime-Hints": "",
			},
		},
		{
			"everything",
			map[string]any{
				"username": "root", "password": "hunter22", "database": "telemetry", "table": "spans:v1",
				"ttl": "7d", "partitions": 4, "compression": "none",
			},
			map[string]string{
				"Content-Encoding": "", "X-Greptime-Trace-Table-Name": "spans:v1", "X-Greptime-Db-Name": "telemetry",
				"Authorization":    "Basic cm9vdDpodW50ZXIyMg==",
				"X-Greptime-Hints": "ttl=7d,trace_table_partitions=4",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newContract(t)
			setting := map[string]any{"url": c.url}
			maps.Copy(setting, tt.setting)
			e := open(t, exporter.Settings{Setting: setting})
			if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
				t.Fatal(err)
			}
			r, body := c.last()
			if r.Method != http.MethodPost || r.URL.Path != "/v1/otlp/v1/traces" || r.URL.RawQuery != "" {
				t.Errorf("the request is %s %s", r.Method, r.URL)
			}
			for name, want := range tt.want {
				if got := r.Header.Get(name); got != want {
					t.Errorf("header %s is %q, want %q", name, got, want)
				}
			}
			var request coltracepb.ExportTraceServiceRequest
			if err := proto.Unmarshal(body, &request); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestEachAnswerOfTheTracePipeline has a row for each answer that upstream documents or
// tests, with its exact bytes where those are known.
func TestEachAnswerOfTheTracePipeline(t *testing.T) {
	t.Parallel()
	const once, again = 1, 2
	for _, tt := range []struct {
		name   string
		answer answer
		want   result
		// requests is how many are made: a second one is accepted.
		requests int
		says     []string
	}{
		{"all accepted", accepted(), result{exported: 4}, once, nil},
		{
			"some rejected", partial(t, 1, "Accepted 3 spans, rejected 1 spans: Rejected span 01:02 (InvalidArguments)"),
			result{exported: 3, failed: 1},
			once,
			[]string{"rejected 1 of 4 spans", "Rejected span 01:02 (InvalidArguments)"},
		},
		{"accepted with a warning", partial(t, 0, "failed to update auxiliary tables"), result{exported: 4}, once, nil},
		{
			"all rejected", statusOf(t, 400, "Accepted 0 spans, rejected 4 spans: Rejected span 01:02 (InvalidArguments): failed to coerce trace column 'span_attributes.a' in table 'traces' from String(\"x\") to Int64"),
			result{failed: 4},
			once,
			[]string{"400", "rejected 4 spans", "give the attribute one type everywhere"},
		},
		{
			"unknown database", statusOf(t, 400, "Accepted 0 spans, rejected 4 spans: Discarded 4 spans after pre-write request failure"),
			result{failed: 4},
			once,
			[]string{"Discarded 4 spans after pre-write request failure", "check database, or create it"},
		},
		{"no pipeline header", jsonError(400, `{"error":"Pipeline is required for this API."}`), result{failed: 4}, once, []string{"x-greptime-pipeline-name header away"}},
		{"another pipeline", jsonError(400, `{"error":"Not supported: Unsupported pipeline for trace"}`), result{failed: 4}, once, []string{"version 0.14"}},
		{
			"JSON content type", jsonError(400, `{"error":"Unsupported content type 'application/json'. OTLP endpoint only supports 'application/x-protobuf'. Please configure"}`),
			result{failed: 4},
			once,
			[]string{"Unsupported content type 'application/json'"},
		},
		{
			"bad protobuf", jsonError(400, `{"error":"Failed to decode OTLP request (content-type: application/x-protobuf): invalid tag value: 0"}`),
			result{failed: 4},
			once,
			[]string{"changes the request"},
		},
		{"no credentials", jsonError(401, `{"code":7003,"error":"Not found http or grpc authorization header","execution_time_ms":0}`), result{failed: 4}, once, []string{"set username and password"}},
		{"unknown user", jsonError(401, `{"code":7000,"error":"User not found, username: username","execution_time_ms":0}`), result{failed: 4}, once, []string{"User not found, username: username", "check username and password"}},
		{
			"wrong password", jsonError(401, `{"code":7002,"error":"Username and password does not match, username: greptime","execution_time_ms":0}`),
			result{failed: 4},
			once,
			[]string{"Username and password does not match", "check username and password"},
		},
		{
			"database denied", jsonError(401, `{"code":7005,"error":"Access denied for user 'greptime' to database 'greptime-wrong'","execution_time_ms":0}`),
			result{failed: 4},
			once,
			[]string{"Access denied for user 'greptime'", "no access to the database"},
		},
		{"read-only user", jsonError(403, `{"error":"User is not authorized to perform this action"}`), result{failed: 4}, once, []string{"the user may not write"}},
		{"timeout of a request", answer{status: 408, contentType: "text/plain"}, result{failed: 4}, once, []string{"408", "lower batch"}},
		{"body too large", answer{status: 413, contentType: "text/plain", body: []byte("length limit exceeded")}, result{exported: 4}, 5, nil},
		{"memory limit", answer{status: 429, contentType: "text/plain", body: []byte("Request body memory limit exceeded: 10MB")}, result{exported: 4}, again, nil},
		{"region busy", jsonError(503, `{"error":"Region is busy"}`), result{exported: 4}, again, nil},
		{"deadline", jsonError(504, `{"error":"Deadline exceeded"}`), result{exported: 4}, again, nil},
		{"a proxy without GreptimeDB", answer{status: 502, contentType: "text/html", body: []byte("<html>Bad Gateway")}, result{exported: 4}, again, nil},
		{"internal", jsonError(500, `{"error":"Internal error: 1003"}`), result{failed: 4}, once, []string{"Internal error: 1003"}},
		{"another server", answer{status: 404, contentType: "text/html", body: []byte("<html>")}, result{failed: 4}, once, []string{"this is not GreptimeDB's HTTP API", "OTLP/HTTP is 4000"}},
		{"a web page that says yes", answer{status: 200, contentType: "text/html", body: []byte("<html>")}, result{failed: 4}, once, []string{"web page"}},
		{
			"partitions refused", jsonError(400, `{"error":"Invalid trace_table_partitions: abc"}`),
			result{failed: 4},
			once,
			[]string{"leave partitions out"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newContract(t)
			var requests atomic.Int64
			c.accept = func(*http.Request, *coltracepb.ExportTraceServiceRequest) answer {
				if requests.Add(1) == 1 {
					return tt.answer
				}
				return accepted()
			}
			e := open(t, exporter.Settings{
				Setting: map[string]any{"url": c.url},
				Retry:   map[string]any{"enabled": tt.requests != once}, // or it would wait for better credentials
			})
			got, err := resultOf(t, e, telemetrygen(t))
			if got != tt.want {
				t.Errorf("the result is %+v, want %+v", got, tt.want)
			}
			if c.count() != tt.requests {
				t.Errorf("%d requests were made, want %d", c.count(), tt.requests)
			}
			for _, words := range tt.says {
				if err == nil || !strings.Contains(err.Error(), words) {
					t.Errorf("the error doesn't say %q: %v", words, err)
				}
			}
		})
	}
}

func TestContractRefusesWrongCredentials(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, username, password, want string }{
		{"right", "root", "hunter22", ""},
		{"none", "", "", "set username and password"},
		{"unknown user", "toor", "hunter22", "User not found, username: toor"},
		{"wrong password", "root", "hunter23", "does not match"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newContract(t)
			c.username, c.password = "root", "hunter22"
			e := open(t, exporter.Settings{Setting: map[string]any{"url": c.url, "username": tt.username, "password": tt.password}})
			_, err := resultOf(t, e, telemetrygen(t))
			if text := fmt.Sprint(err); (err != nil) != (tt.want != "") || !strings.Contains(text, tt.want) {
				t.Errorf("the error is %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestHTTPSaysWhatIsWrongWithThePort(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	e := open(t, exporter.Settings{
		Setting: map[string]any{"url": "http://" + db.address},
		Retry:   map[string]any{"enabled": false},
	})
	got, err := resultOf(t, e, telemetrygen(t))
	const want = "4001 is GreptimeDB's gRPC port; OTLP/HTTP is 4000"
	if got.failed != 4 || err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the result is %+v, %v; want an error that says %q", got, err, want)
	}
}

func TestSplitServicesMovesSpansUnderTheirService(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	store := newPipeline()
	c.accept = store.accept
	e := open(t, exporter.Settings{Setting: map[string]any{"url": c.url}, SplitServices: true})
	spans := []sdktrace.ReadOnlySpan{
		typed(t, "01", vocab.Service.String("user")),
		typed(t, "02"),
		typed(t, "03", vocab.Service.String("user")),
		typed(t, "04", vocab.Service.String("mail")),
	}
	if _, err := resultOf(t, e, spans); err != nil {
		t.Fatal(err)
	}
	_, body := c.last()
	var request coltracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		t.Fatal(err)
	}
	for _, rs := range request.GetResourceSpans() {
		if len(request.GetResourceSpans()) != 3 || len(rs.GetScopeSpans()) != 1 {
			t.Errorf("there are %d resources, one of %d scopes; want 3 of 1", len(request.GetResourceSpans()), len(rs.GetScopeSpans()))
		}
	}
	want := map[string]string{"01": "user", "02": "typed", "03": "user", "04": "mail"}
	got := map[string]string{}
	for _, row := range store.tables["traces"].rows {
		id, _ := row["span_id"].(string)
		got[id[14:]], _ = row["service_name"].(string)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services of the spans (-want +got):\n%s", diff)
	}
}
