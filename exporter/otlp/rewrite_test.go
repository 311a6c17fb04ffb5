package otlp_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/internal/vocab"
	"github.com/tracehook/tracehook/test/otlptest"
)

// arrived exports spans with s and returns, for each resource's service.name, the
// attributes of its spans.
func arrived(t *testing.T, s exporter.Settings, spans []sdktrace.ReadOnlySpan) map[string][]map[string]string {
	t.Helper()
	r := otlptest.NewHTTP(t)
	if s.Setting == nil {
		s.Setting = map[string]any{}
	}
	s.Setting["endpoint"] = "http://" + r.Address()
	e, err := otlp.Driver().New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(t.Context(), spans); err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	var request coltracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(r.Bodies()[0], &request); err != nil {
		t.Fatal(err)
	}
	got := map[string][]map[string]string{}
	for _, rs := range request.GetResourceSpans() {
		name := ""
		for _, kv := range rs.GetResource().GetAttributes() {
			if kv.GetKey() == "service.name" {
				name = kv.GetValue().GetStringValue()
			}
		}
		for _, ss := range rs.GetScopeSpans() {
			for _, span := range ss.GetSpans() {
				attributes := map[string]string{}
				for _, kv := range span.GetAttributes() {
					attributes[kv.GetKey()] = kv.GetValue().String()
				}
				got[name] = append(got[name], attributes)
			}
		}
	}
	return got
}

func stubs(services ...string) []sdktrace.ReadOnlySpan {
	stubs := tracetest.SpanStubsFromReadOnlySpans(otlptest.Spans(1, len(services)))
	res := resource.NewSchemaless(attribute.String("service.name", "app"), attribute.String("host.name", "h"))
	for i, service := range services {
		stubs[i].Resource = res
		stubs[i].Attributes = nil
		if service != "" {
			stubs[i].Attributes = []attribute.KeyValue{vocab.Service.String(service)}
		}
	}
	return stubs.Snapshots()
}

func count(m map[string][]map[string]string) map[string]int {
	n := map[string]int{}
	for k, v := range m {
		n[k] = len(v)
	}
	return n
}

func TestServices(t *testing.T) {
	t.Parallel()
	spans := stubs("user", "", "order", "user", "app")
	for name, tt := range map[string]struct {
		give exporter.Settings
		want map[string]int
	}{
		"together":          {exporter.Settings{}, map[string]int{"app": 5}},
		"split":             {exporter.Settings{SplitServices: true}, map[string]int{"app": 2, "user": 2, "order": 1}},
		"renamed":           {exporter.Settings{Setting: map[string]any{"service": "shop"}}, map[string]int{"shop": 5}},
		"renamed and split": {exporter.Settings{SplitServices: true, Setting: map[string]any{"service": "shop"}}, map[string]int{"shop": 1, "app": 1, "user": 2, "order": 1}},
	} {
		if diff := cmp.Diff(tt.want, count(arrived(t, tt.give, spans))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got, _ := spans[0].Resource().Set().Value("service.name"); got.AsString() != "app" {
		t.Error("the span itself was changed")
	}
}

func TestFieldsBecomeAttributes(t *testing.T) {
	t.Parallel()
	spans := otlptest.Spans(7, 1)
	before := len(spans[0].Attributes())
	got := arrived(t, exporter.Settings{
		Identity: exporter.Identity{Project: "shop"},
		Fields: []exporter.FieldMapping{
			{Source: "span_id", Target: "sid"},
			{Source: "project", Target: "infra.project"},
			{Source: "duration_ms", Target: "ms"},
			{Source: "start_time_unix_nano", Target: "start"},
			{Source: "attributes.http.route", Target: "route"},
			{Source: "resource.service.name", Target: "svc"},
			{Source: "parent_span_id", Target: "psid"},
			{Source: "span_name", Target: "what"},
			{Source: "role", Target: "role"},
		},
	}, spans)["checkout"][0]
	for key, want := range map[string]string{
		"sid": `string_value:"0000000000000007"`, "infra.project": `string_value:"shop"`, "ms": `double_value:12.345678`,
		"start": `int_value:1767323045678901234`, "route": `string_value:"/users/:id"`, "svc": `string_value:"checkout"`,
		"what": `string_value:"server:GET /users/:id"`, "http.route": `string_value:"/users/:id"`,
	} {
		if got[key] != want {
			t.Errorf("%s is %s, want %s", key, got[key], want)
		}
	}
	for _, key := range []string{"psid", "role"} {
		if value, ok := got[key]; ok {
			t.Errorf("%s has no value and is there: %s", key, value)
		}
	}
	if after := len(spans[0].Attributes()); after != before {
		t.Errorf("the span itself has %d attributes now, %d before", after, before)
	}
}

// OTLP allows a name once: a field takes the place of the span's own attribute. One that says
// nothing takes none.
func TestFieldsReplaceAttributes(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	e, err := otlp.Driver().New(t.Context(), exporter.Settings{
		Setting: map[string]any{"endpoint": "http://" + r.Address()},
		Fields: []exporter.FieldMapping{
			{Source: "span_id", Target: "http.route"}, {Source: "parent_span_id", Target: "user"}, {Source: "span_name", Target: "what"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	span := tracetest.SpanStub{
		Name:        "internal:sweep", // begins with its kind already
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}),
		Attributes:  []attribute.KeyValue{attribute.String("http.route", "/a"), attribute.String("user", "eve")},
	}.Snapshot()
	if err := errors.Join(e.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{span}), e.Shutdown(t.Context())); err != nil {
		t.Fatal(err)
	}
	var request coltracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(r.Bodies()[0], &request); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, kv := range request.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0].GetAttributes() {
		got = append(got, kv.GetKey()+"="+kv.GetValue().GetStringValue())
	}
	if diff := cmp.Diff([]string{"http.route=0200000000000000", "user=eve", "what=internal:sweep"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if value := span.Attributes()[0].Value.AsString(); value != "/a" {
		t.Errorf("the span itself was changed to %s", value)
	}
}
