package greptime_test

import (
	"encoding/json"
	"maps"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/internal/vocab"
)

// seedFields is the mapping that the framework's manual shows.
func seedFields() []exporter.FieldMapping {
	return []exporter.FieldMapping{
		{Source: "trace_id", Target: "tid"},
		{Source: "span_id", Target: "sid"},
		{Source: "parent_span_id", Target: "psid"},
		{Source: "timestamp", Target: "ts"},
	}
}

// extraFields are columns that GreptimeDB's trace table doesn't have, and one that it has.
func extraFields() []exporter.FieldMapping {
	return []exporter.FieldMapping{
		{Source: "name", Target: "operation"},
		{Source: "project", Target: "project"},
		{Source: "node", Target: "node"},
		{Source: "flag", Target: "color"},
		{Source: "profile", Target: "profile"},
		{Source: "target", Target: "target"},
		{Source: "code", Target: "code"},
		{Source: "duration_ms", Target: "ms"},
		{Source: "attributes.i", Target: "i"},
		{Source: "attributes.is", Target: "is"},
		{Source: "attributes.none", Target: "none"},
		{Source: "status", Target: "status"},
	}
}

// rowSettings points at db by host and port, as the framework's manual does.
func rowSettings(tb testing.TB, db *database, more map[string]any) exporter.Settings {
	tb.Helper()
	host, port, err := net.SplitHostPort(db.address)
	if err != nil {
		tb.Fatal(err)
	}
	setting := map[string]any{"host": host, "port": port}
	maps.Copy(setting, more)
	return exporter.Settings{Connection: "greptime", Driver: "greptime", Setting: setting, Fields: seedFields()}
}

func TestRowsStoreTheGoldenSpans(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	e := open(t, rowSettings(t, db, nil))
	if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
		t.Fatal(err)
	}
	db.check(t)
	wantNames := []string{
		"ts", "timestamp_end", "duration_nano", "psid", "tid", "sid", "span_kind", "span_name",
		"span_status_code", "span_status_message", "trace_state", "scope_name", "scope_version", "service_name",
		"span_attributes", "scope_attributes", "resource_attributes", "span_events", "span_links",
	}
	if diff := cmp.Diff(wantNames, db.names); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	// The golden rows have a column for each attribute; here they are one JSON column.
	var want [][]any
	for _, row := range golden(t, "telemetrygen.golden") {
		line := append([]any{}, row[:14]...)
		line = append(
			line,
			map[string]any{"net.peer.ip": row[14], "peer.service": row[15]},
			map[string]any{},
			map[string]any{"service.name": "telemetrygen"},
			row[16], row[17],
		)
		want = append(want, line)
	}
	got := printRows(t, db.rows, wantNames)
	sortRows(want)
	sortRows(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{
		"ts": "TIMESTAMP_NANOSECOND TIMESTAMP", "timestamp_end": "TIMESTAMP_NANOSECOND FIELD", "duration_nano": "UINT64 FIELD",
		"tid": "STRING FIELD", "service_name": "STRING TAG", "span_attributes": "JSON FIELD",
	} {
		if got := db.types[name] + " " + db.semantic[name]; got != want {
			t.Errorf("column %s is %s, want %s", name, got, want)
		}
	}
}

// TestRowsKeepWhatASpanHas has a span with something in every place.
func TestRowsKeepWhatASpanHas(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)
	state, err := trace.ParseTraceState("ot=th:8,vendor=x")
	if err != nil {
		t.Fatal(err)
	}
	stub := tracetest.SpanStub{
		Name:        "GET /users/:id",
		SpanContext: spanContext(t, "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331").WithTraceState(state),
		Parent:      spanContext(t, "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"),
		SpanKind:    trace.SpanKindServer,
		StartTime:   start, EndTime: start.Add(1500 * time.Microsecond),
		Status: sdktrace.Status{Code: codes.Error, Description: "no such user"},
		Attributes: []attribute.KeyValue{
			attribute.String("s", "\"quoted\" \x00 \xff"), attribute.Int("i", -7), attribute.Float64("f", 0.5), attribute.Bool("b", true),
			attribute.IntSlice("is", []int{1, 2}), vocab.Target.String("login"), vocab.Code.Int(0),
		},
		Events: []sdktrace.Event{
			{Name: "whole", Time: start.Truncate(time.Second)},
			{Name: "milli", Time: start.Truncate(time.Millisecond), Attributes: []attribute.KeyValue{attribute.Int("n", 1)}},
			{Name: "micro", Time: start.Truncate(time.Microsecond)},
			{Name: "nano", Time: start},
		},
		Links: []sdktrace.Link{{
			SpanContext: spanContext(t, "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7").WithTraceState(state),
			Attributes:  []attribute.KeyValue{attribute.String("why", "batch")},
		}},
		Resource: resource.NewSchemaless(attribute.String("service.name", "checkout"), attribute.String("infra.node", "n1")),
		InstrumentationScope: instrumentation.Scope{
			Name: "lib", Version: "1.2", Attributes: attribute.NewSet(attribute.Bool("beta", true)),
		},
	}
	db := newDatabase(t)
	s := rowSettings(t, db, nil)
	s.Identity = exporter.Identity{Project: "shop"}
	s.Flag = "blue"
	s.Fields = append(s.Fields, extraFields()...)
	e := open(t, s)
	if _, err := resultOf(t, e, tracetest.SpanStubs{stub}.Snapshots()); err != nil {
		t.Fatal(err)
	}
	db.check(t)
	want := map[string]any{
		"ts": start.UnixNano(), "timestamp_end": start.UnixNano() + 1500000, "duration_nano": uint64(1500000),
		"psid": "00f067aa0ba902b7", "tid": "0af7651916cd43dd8448eb211c80319c", "sid": "b7ad6b7169203331",
		"span_kind": "SPAN_KIND_SERVER", "operation": "GET /users/:id",
		"span_status_code": "STATUS_CODE_ERROR", "span_status_message": "no such user", "trace_state": "ot=th:8,vendor=x",
		"scope_name": "lib", "scope_version": "1.2", "service_name": "checkout",
		"span_attributes": map[string]any{
			"s": "\"quoted\" \x00 \uFFFD", "i": -7.0, "f": 0.5, "b": true, "is": []any{1.0, 2.0}, "tracehook.target": "login", "tracehook.code": 0.0,
		},
		"scope_attributes":    map[string]any{"beta": true},
		"resource_attributes": map[string]any{"service.name": "checkout", "infra.node": "n1"},
		"span_events": []any{
			map[string]any{"name": "whole", "time": "2026-01-02 03:04:05+0000", "attributes": map[string]any{}},
			map[string]any{"name": "milli", "time": "2026-01-02 03:04:05.678+0000", "attributes": map[string]any{"n": 1.0}},
			map[string]any{"name": "micro", "time": "2026-01-02 03:04:05.678901+0000", "attributes": map[string]any{}},
			map[string]any{"name": "nano", "time": "2026-01-02 03:04:05.678901234+0000", "attributes": map[string]any{}},
		},
		"span_links": []any{map[string]any{
			"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7", "trace_state": "ot=th:8,vendor=x",
			"attributes": map[string]any{"why": "batch"},
		}},
		"project": "shop", "node": "n1", "color": "blue", "profile": nil, "target": "login", "code": int64(0), "ms": 1.5,
		"i": "-7", "is": "[1,2]", "none": nil, "status": "error",
	}
	if diff := cmp.Diff([]map[string]any{want}, db.rows); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

// TestPort4001MeansRows is the framework's own configuration, without fields.
func TestPort4001MeansRows(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	e := open(t, exporter.Settings{Setting: map[string]any{"url": "grpc://" + db.address}})
	if _, err := resultOf(t, e, telemetrygen(t)); err != nil {
		t.Fatal(err)
	}
	db.check(t)
	if len(db.names) != 19 || db.names[0] != "timestamp" || db.names[4] != "trace_id" {
		t.Errorf("the columns are %v, want those of greptime_trace_v1", db.names)
	}
}

func TestRowsOfAListAreASelection(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	s := rowSettings(t, db, nil)
	s.Setting["url"] = "grpc://ignored:4001"
	s.Fields = []exporter.FieldMapping{{Source: "trace_id", Target: "trace_id"}, {Source: "name", Target: "name"}, {Source: "attributes", Target: "attributes"}}
	e := open(t, s)
	stub := tracetest.SpanStubFromReadOnlySpan(telemetrygen(t)[1])
	stub.Attributes = append(stub.Attributes, vocab.Kind.String("service"))
	if _, err := resultOf(t, e, tracetest.SpanStubs{stub}.Snapshots()); err != nil {
		t.Fatal(err)
	}
	db.check(t)
	if diff := cmp.Diff([]string{"timestamp", "trace_id", "name", "attributes"}, db.names); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	want := map[string]any{"net.peer.ip": "1.2.3.4", "peer.service": "telemetrygen-server"}
	if diff := cmp.Diff(any(want), db.rows[0]["attributes"]); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

func TestRowsHaveTheServiceOfTheFramework(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	e := open(t, rowSettings(t, db, nil))
	nameless := tracetest.SpanStubFromReadOnlySpan(typed(t, "03"))
	nameless.Resource = resource.NewSchemaless(attribute.String("first", "not a service"))
	spans := append(tracetest.SpanStubs{nameless}.Snapshots(), typed(t, "01", vocab.Service.String("user")), typed(t, "02"))
	if _, err := resultOf(t, e, spans); err != nil {
		t.Fatal(err)
	}
	var got []any
	for _, row := range db.rows {
		got = append(got, row["service_name"])
	}
	if diff := cmp.Diff([]any{"unknown_service", "user", "typed"}, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

func TestRowsOfManySpansAreWhole(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	e := open(t, rowSettings(t, db, nil))
	for range 3 { // the writer is used again
		var spans []sdktrace.ReadOnlySpan
		for i := range 300 {
			spans = append(spans, typed(t, "01", attribute.Int("i", i)))
		}
		if got, err := resultOf(t, e, spans); err != nil || got.exported != 300 {
			t.Fatal(got, err)
		}
	}
	db.check(t)
	if len(db.rows) != 900 {
		t.Fatalf("%d rows were stored, want 900", len(db.rows))
	}
	for i, row := range db.rows {
		data, err := json.Marshal(row["span_attributes"])
		if want := `{"i":` + strconv.Itoa(i%300) + `}`; err != nil || string(data) != want {
			t.Fatalf("row %d has %s, want %s", i, data, want)
		}
	}
}
