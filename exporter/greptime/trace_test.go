package greptime_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
)

// TestTheServiceNameIsAlwaysSent because GreptimeDB would take the first attribute of the
// resource for one.
func TestTheServiceNameIsAlwaysSent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		give *resource.Resource
		want string
	}{
		{"a name", resource.NewSchemaless(attribute.String("a", "x"), attribute.String("service.name", "checkout")), "checkout"},
		{"none", resource.NewSchemaless(attribute.String("a", "x")), "unknown_service"},
		{"an empty one", resource.NewSchemaless(attribute.String("service.name", "")), "unknown_service"},
		{"a number", resource.NewSchemaless(attribute.Int("service.name", 7)), "unknown_service"},
		{"no attributes", resource.Empty(), "unknown_service"},
		{"no resource", nil, "unknown_service"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, p := newContract(t), newPipeline()
			c.accept = p.accept
			stub := tracetest.SpanStubFromReadOnlySpan(typed(t, "01"))
			stub.Resource = tt.give
			e := open(t, exporter.Settings{Setting: map[string]any{"url": c.url}})
			if _, err := resultOf(t, e, tracetest.SpanStubs{stub}.Snapshots()); err != nil {
				t.Fatal(err)
			}
			if got := p.tables["traces"].rows[0]["service_name"]; got != tt.want {
				t.Errorf("service_name is %v, want %s", got, tt.want)
			}
		})
	}
}

// TestWrongTextCostsOnlyItself goes both ways: a byte that is not UTF-8 makes protobuf refuse
// the whole message.
func TestWrongTextCostsOnlyItself(t *testing.T) {
	t.Parallel()
	stub := tracetest.SpanStubFromReadOnlySpan(typed(t, "02",
		attribute.String("key\xff", "value\xfe"), attribute.StringSlice("list", []string{"a", "b\xff"}), attribute.Int("n", 1)))
	stub.Name = "name\xff"
	stub.Status = sdktrace.Status{Code: codes.Error, Description: "broken \xff"}
	stub.Events = []sdktrace.Event{{Name: "event\xff", Time: stub.StartTime}}
	stub.Resource = resource.NewSchemaless(attribute.String("service.name", "svc\xff"))
	spans := append(tracetest.SpanStubs{stub}.Snapshots(), typed(t, "03"))
	type row struct{ Name, Message, Service, Event string }
	want := []row{{"name\uFFFD", "broken \uFFFD", "svc\uFFFD", "event\uFFFD"}, {"typed", "", "typed", ""}}
	check := func(t *testing.T, rows []map[string]any) {
		t.Helper()
		var got []row
		for _, r := range rows {
			event := ""
			if list, ok := r["span_events"].([]any); ok && len(list) > 0 {
				first, _ := list[0].(map[string]any)
				event = text(first["name"])
			}
			got = append(got, row{text(r["span_name"]), text(r["span_status_message"]), text(r["service_name"]), event})
		}
		if len(got) == 2 && got[0].Name == "typed" { // resources come in any order
			got[0], got[1] = got[1], got[0]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	}
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		c, p := newContract(t), newPipeline()
		c.accept = p.accept
		if _, err := resultOf(t, open(t, exporter.Settings{Setting: map[string]any{"url": c.url}}), spans); err != nil {
			t.Fatal(err)
		}
		rows := p.tables["traces"].rows
		check(t, rows)
		for _, r := range rows {
			if r["span_name"] == "typed" {
				continue
			}
			if r["span_attributes.key\uFFFD"] != "value\uFFFD" || !cmp.Equal(r["span_attributes.list"], []any{"a", "b\uFFFD"}) || r["span_attributes.n"] != int64(1) {
				t.Errorf("attributes are %v", r)
			}
		}
	})
	t.Run("rows", func(t *testing.T) {
		t.Parallel()
		db := newDatabase(t)
		if _, err := resultOf(t, open(t, exporter.Settings{Setting: map[string]any{"url": "grpc://" + db.address}}), spans); err != nil {
			t.Fatal(err)
		}
		db.check(t)
		check(t, db.rows)
	})
}

// TestBothWaysAgree sends spans of every kind and status over OTLP, where the independent
// flattener makes columns of them, and as rows, and compares the columns that both have.
func TestBothWaysAgree(t *testing.T) {
	t.Parallel()
	var stubs tracetest.SpanStubs
	ids := []string{"01", "02", "03", "04", "05", "06"}
	for i, kind := range []trace.SpanKind{
		trace.SpanKindUnspecified, trace.SpanKindInternal, trace.SpanKindServer, trace.SpanKindClient, trace.SpanKindProducer, trace.SpanKindConsumer,
	} {
		stub := tracetest.SpanStubFromReadOnlySpan(typed(t, ids[i]))
		stub.SpanKind = kind
		stub.Status = []sdktrace.Status{{}, {Code: codes.Ok}, {Code: codes.Error, Description: "no"}}[i%3]
		if i%2 == 1 {
			stub.Parent = spanContext(t, "000000000000000000000000000000"+ids[i], "00000000000000ff")
		}
		stub.InstrumentationScope.Version = "1." + ids[i]
		stubs = append(stubs, stub)
	}
	c, p, db := newContract(t), newPipeline(), newDatabase(t)
	c.accept = p.accept
	for _, url := range []string{c.url, "grpc://" + db.address} {
		if _, err := resultOf(t, open(t, exporter.Settings{Setting: map[string]any{"url": url}}), stubs.Snapshots()); err != nil {
			t.Fatal(err)
		}
	}
	db.check(t)
	columns := []string{
		"timestamp", "timestamp_end", "duration_nano", "parent_span_id", "trace_id", "span_id", "span_kind", "span_name",
		"span_status_code", "span_status_message", "trace_state", "scope_name", "scope_version", "service_name",
	}
	otlp, rows := printRows(t, p.tables["traces"].rows, columns), printRows(t, db.rows, columns)
	sortRows(otlp)
	sortRows(rows)
	if diff := cmp.Diff(otlp, rows); diff != "" {
		t.Errorf("rows (-otlp +grpc):\n%s", diff)
	}
}
