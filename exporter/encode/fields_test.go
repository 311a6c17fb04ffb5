package encode_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/internal/vocab"
	"github.com/tracehook/tracehook/setting"
)

// fieldJSON returns what a source has for a span, as JSON.
func fieldJSON(t *testing.T, s exporter.Settings, source string, span sdktrace.ReadOnlySpan) string {
	t.Helper()
	s.Fields = []exporter.FieldMapping{{Source: source, Target: "x"}}
	fields, err := encode.CompileFields(s)
	if err != nil {
		t.Fatalf("source %q: %v", source, err)
	}
	v := encode.View{Location: time.UTC}
	v.Read(span)
	var w encode.Writer
	return string(w.AppendJSON(nil, &v, fields.List()[0].Value(&v)))
}

// Every name that a generation of the framework had, with what it must show for the
// second or third fixed span.
func TestSourcesOfEveryGeneration(t *testing.T) {
	t.Parallel()
	settings := exporter.Settings{
		Connection: "conn", Driver: "file", Flag: "green",
		Identity: exporter.Identity{Project: "ignored", Profile: "test", Role: "ignored", Node: "n1"},
	}
	const (
		framework = 1 // the span with the framework's words
		failed    = 2
		retried   = 3
	)
	tests := []struct {
		span    int
		want    string
		sources string
	}{
		{framework, `"4bf92f3577b34da6a3ce929d0e0e4736"`, "trace_id traceId"},
		{framework, `"00f067aa0ba90202"`, "span_id spanId"},
		{framework, `"00f067aa0ba90201"`, "parent_span_id parentSpanId parent_id"},
		{framework, `"service:user.login"`, "name span"},
		{framework, `"check"`, "step"},
		{failed, `"SELECT users"`, "step name span"},
		{framework, `"service:check"`, "span_name"},
		{framework, `"service"`, "kind"},
		{failed, `"client"`, "kind otel_kind"},
		{framework, `"user"`, "service_name service"},
		{failed, `"shop"`, "service_name service"},
		{framework, `"login"`, "target entry"},
		{retried, `"mail"`, "target entry"},
		{failed, `""`, "target entry"},
		{framework, `"ok"`, "status"},
		{failed, `"error"`, "status"},
		{retried, `"retry"`, "status"},
		{framework, `"STATUS_CODE_OK"`, "status_code"},
		{failed, `"STATUS_CODE_ERROR"`, "status_code"},
		{retried, `"STATUS_CODE_ERROR"`, "status_code"},
		{framework, `0`, "code"},
		{failed, `1`, "code"},
		{retried, `2`, "code"},
		{framework, `""`, "status_message error result"},
		{failed, `"connection reset"`, "status_message error result"},
		{framework, `8`, "duration_ms cost_ms costMs durationMs"},
		{framework, `8000000`, "duration duration_nano cost"},
		{framework, `1772600767090`, "start_ms startMs"},
		{framework, `1772600767098`, "end_ms endMs timestamp"},
		{framework, `1772600767090000000`, "start_time_unix_nano start"},
		{framework, `1772600767098000000`, "end_time_unix_nano end"},
		{framework, `"2026-03-04 05:06:07.098"`, "time"},
		{framework, `"2026-03-04 05:06:07.098000"`, "ts"},
		{failed, `{"db.system.name":"postgresql"}`, "attributes attrs"},
		{failed, `{"infra.project":"store","infra.role":"api","process.pid":42,"service.name":"shop"}`, "resource"},
		{failed, `"store"`, "project"},
		{failed, `"api"`, "role"},
		{failed, `"test"`, "profile"},
		{failed, `"n1"`, "node"},
		{failed, `"green"`, "flag"},
		{failed, `"conn"`, "instance connection"},
		{failed, `"file"`, "driver"},
		{failed, `"ot=th:8,vendor=value"`, "trace_state"},
		{failed, `1`, "trace_flags dropped_attributes_count"},
		{failed, `2`, "dropped_events_count"},
		{failed, `3`, "dropped_links_count"},
		{failed, `"github.com/tracehook/tracehook"`, "scope_name"},
		{failed, `"1.2.3"`, "scope_version"},
		{failed, `[{"time_unix_nano":1772600767093500000,"name":"exception","attributes":{"exception.message":"connection reset"}}]`, "events"},
		{failed, `[{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba90209","trace_state":"ot=th:8,vendor=value","attributes":{"attempt":1}}]`, "links"},
		{failed, `[]`, "events links"},
		{failed, `"postgresql"`, "attributes.db.system.name"},
		{failed, `null`, "attributes.absent resource.absent"},
		{failed, `42`, "resource.process.pid"},
		{failed, fmt.Sprintf(`"%s:%d@%s"`, os.Args[0], os.Getpid(), hostname(t)), "process location"},
	}
	tested := map[string]bool{}
	spans := exportertest.Spans()
	for _, test := range tests {
		for source := range strings.FieldsSeq(test.sources) {
			tested[source] = true
			span := spans[test.span]
			if test.want == "[]" {
				span = spans[0]
			}
			if got := fieldJSON(t, settings, source, span); got != test.want {
				t.Errorf("%s of span %d = %s, want %s", source, test.span, got, test.want)
			}
		}
	}
	for _, source := range encode.Sources() {
		one := false
		for _, name := range source.Names {
			one = one || tested[name]
			if fieldJSON(t, settings, name, spans[framework]) != fieldJSON(t, settings, source.Names[0], spans[framework]) {
				t.Errorf("%s and %s differ", name, source.Names[0])
			}
		}
		if !one {
			t.Errorf("source %q has no test", source.Names[0])
		}
	}
}

func TestStatusWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                    string
		word, description       string
		code                    codes.Code
		status, message, result string
		ok                      bool
	}{
		{"unset is ok", "", "", codes.Unset, "ok", "", "", true},
		{"ok is ok", "", "", codes.Ok, "ok", "", "", true},
		{"an error", "", "boom", codes.Error, "error", "boom", "boom", false},
		{"the framework's ok", "ok", "", codes.Unset, "ok", "", "", true},
		{"an error is one, whatever word came before", "ok", "boom", codes.Error, "error", "boom", "boom", false},
		{"the framework's own word", "retry", "later", codes.Error, "retry", "later", "later", false},
		{"a word without OTel's error", "denied", "", codes.Unset, "denied", "", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stub := tracetest.SpanStub{Status: sdktrace.Status{Code: test.code, Description: test.description}}
			if test.word != "" {
				stub.Attributes = []attribute.KeyValue{vocab.Status.String(test.word)}
			}
			var v encode.View
			v.Read(stub.Snapshot())
			if v.StatusWord() != test.status || v.Message() != test.message || v.OK() != test.ok {
				t.Errorf("got %q, %q, %v; want %q, %q, %v", v.StatusWord(), v.Message(), v.OK(), test.status, test.message, test.ok)
			}
			if got := fieldJSON(t, exporter.Settings{}, "result", stub.Snapshot()); got != `"`+test.result+`"` {
				t.Errorf("result %s, want %q", got, test.result)
			}
		})
	}
}

// What one span said must not show in the next.
func TestViewForgetsTheSpanBefore(t *testing.T) {
	t.Parallel()
	var v encode.View
	v.Read(exportertest.Spans()[1])
	v.Read(exportertest.Spans()[2])
	if v.Service() != "shop" || v.KindWord() != "client" || v.Target() != "" || v.Step() != "SELECT users" || v.HasReserved() {
		t.Errorf("service %q, kind %q, target %q, step %q, reserved %v", v.Service(), v.KindWord(), v.Target(), v.Step(), v.HasReserved())
	}
	v.Read(exportertest.Spans()[3])
	v.Read(exportertest.Spans()[0])
	if !v.OK() {
		t.Errorf("status %q of a span that is ok", v.StatusWord())
	}
}

func TestViewOfAnOddSpan(t *testing.T) {
	t.Parallel()
	odd := tracetest.SpanStub{
		Name: "odd", StartTime: time.Unix(10, 0), EndTime: time.Unix(9, 0),
		Attributes: []attribute.KeyValue{
			vocab.Kind.Int(7), vocab.Code.String("x"), vocab.Rule.Bool(true),
		},
	}
	var v encode.View
	v.Read(odd.Snapshot())
	if v.Duration() != 0 {
		t.Errorf("a span that ends before it starts took %v", v.Duration())
	}
	if v.KindWord() != "7" {
		t.Errorf("kind %q, want the number as text", v.KindWord())
	}
	if got := fieldJSON(t, exporter.Settings{}, "attributes", odd.Snapshot()); got != `{"tracehook.rule":true}` {
		t.Errorf("attributes %s: only reserved ones are left out", got)
	}
	early := tracetest.SpanStub{StartTime: time.Unix(0, -1), EndTime: time.Unix(0, 0)}
	if got := fieldJSON(t, exporter.Settings{}, "start_ms", early.Snapshot()); got != "-1" {
		t.Errorf("start_ms of a nanosecond before 1970 = %s, want -1", got)
	}
	v.Read(tracetest.SpanStub{}.Snapshot())
	if v.StartNano() != 0 || v.EndNano() != 0 || v.Duration() != 0 {
		t.Errorf("times that aren't known: %d, %d, %v", v.StartNano(), v.EndNano(), v.Duration())
	}
	for kind, want := range map[trace.SpanKind]string{
		trace.SpanKindServer: "server", trace.SpanKindProducer: "producer", trace.SpanKindConsumer: "consumer",
		trace.SpanKindUnspecified: "internal",
	} {
		v.Read(tracetest.SpanStub{SpanKind: kind}.Snapshot())
		if v.KindWord() != want {
			t.Errorf("kind %v is %q, want %q", kind, v.KindWord(), want)
		}
	}
}

// More resources than are remembered must not be mixed up, nor be kept without bound.
func TestViewOfManyResources(t *testing.T) {
	t.Parallel()
	var v encode.View
	var stubs tracetest.SpanStubs
	for i := range 300 {
		stubs = append(stubs, tracetest.SpanStub{
			Resource: resource.NewSchemaless(attribute.Int("service.name", i), attribute.String("bamgoo.node", "n")),
		})
	}
	for range 2 {
		for i, s := range stubs.Snapshots() {
			v.Read(s)
			if got, want := v.Service(), attribute.IntValue(i).String(); got != want {
				t.Fatalf("service %q, want %q", got, want)
			}
		}
	}
}

func TestCompileFieldsRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		give []exporter.FieldMapping
		want []string
	}{
		{"an unknown source", []exporter.FieldMapping{{Source: "trace_di", Target: "t"}}, []string{`fields.trace_di: no span field is called "trace_di", did you mean "trace_id"?`}},
		{"one that is far from all", []exporter.FieldMapping{{Source: "zzzzzzzz", Target: "t"}}, []string{`fields.zzzzzzzz: no span field is called "zzzzzzzz"`}},
		{"an empty source", []exporter.FieldMapping{{Source: "", Target: "t"}}, []string{`fields."": the source is empty`}},
		{"an empty target", []exporter.FieldMapping{{Source: "name", Target: ""}}, []string{"fields.name: the name in the output is empty"}},
		{"a prefix alone", []exporter.FieldMapping{{Source: "attributes.", Target: "t"}}, []string{`fields."attributes.": no span field is called "attributes."`}},
		{
			"a target twice",
			[]exporter.FieldMapping{{Source: "name", Target: "n"}, {Source: "kind", Target: "n"}},
			[]string{`fields.kind: the name "n" is taken by field "name": give one of them another name`},
		},
		{"all at once", []exporter.FieldMapping{{Source: "namee", Target: "a"}, {Source: "kind", Target: ""}}, []string{"fields.namee: ", "fields.kind: "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := encode.CompileFields(exporter.Settings{Fields: test.give})
			if _, ok := errors.AsType[setting.Problem](err); !ok {
				t.Fatalf("error %v, want a Problem", err)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(test.want) {
				t.Fatalf("%d problems, want %d: %v", len(lines), len(test.want), err)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("problem %d is %q, want %q", i, lines[i], want)
				}
			}
		})
	}
}

func TestCompileFieldsKeepsTheOrder(t *testing.T) {
	t.Parallel()
	fields, err := encode.CompileFields(exporter.Settings{Fields: []exporter.FieldMapping{
		{Source: "timestamp", Target: "ts"}, {Source: "name", Target: "name"}, {Source: "trace_id", Target: "tid"}, {Source: "trace_id", Target: "trace"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range fields.List() {
		got = append(got, f.Source+">"+f.Name)
	}
	want := []string{"timestamp>ts", "name>name", "trace_id>tid", "trace_id>trace"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestLookupPrefersTheMappedName(t *testing.T) {
	t.Parallel()
	fields, err := encode.CompileFields(exporter.Settings{Fields: []exporter.FieldMapping{{Source: "timestamp", Target: "ts"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"ts": "timestamp", "time": "time", "attributes.x": "attributes.x"} {
		f, err := fields.Lookup(name)
		if err != nil || f.Source != want {
			t.Errorf("%s stands for %q (%v), want %q", name, f.Source, err, want)
		}
	}
	if _, err := fields.Lookup("tss"); err == nil || !strings.Contains(err.Error(), `did you mean "ts"?`) {
		t.Errorf("error %v, want the mapped name as the nearest", err)
	}
}

func TestFieldValueAllocatesNothing(t *testing.T) { // not parallel: it counts allocations
	var all []exporter.FieldMapping
	for _, s := range encode.Sources() {
		all = append(all, exporter.FieldMapping{Source: s.Names[0], Target: s.Names[0]})
	}
	fields, err := encode.CompileFields(exporter.Settings{Fields: all})
	if err != nil {
		t.Fatal(err)
	}
	span := exportertest.Spans()[1]
	var v encode.View
	v.Read(span)
	var sum int64
	allocs := testing.AllocsPerRun(100, func() {
		v.Read(span)
		for i := range fields.List() {
			sum += fields.List()[i].Value(&v).Num
		}
	})
	if allocs != 0 {
		t.Errorf("reading all fields of a span allocates %v times", allocs)
	}
	if sum == math.MinInt64 {
		t.Error("unreachable; keeps sum alive")
	}
}

func hostname(t *testing.T) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
