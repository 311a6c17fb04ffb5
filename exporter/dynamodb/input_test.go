package dynamodb_test

import (
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
)

// deep is a map in a map in a map ...
func deep(levels int) attribute.Value {
	v := attribute.StringValue("bottom")
	for range levels {
		v = attribute.MapValue(attribute.KeyValue{Key: "in", Value: v})
	}
	return v
}

func hostile() []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("", "no name"), attribute.String("trace_id", "forged"), attribute.String("span_id", "forged"),
		attribute.String("start", "forged"), attribute.String("start_attribute", "taken"), attribute.String("status", "error"),
		attribute.String("expires", "never"), attribute.String("elapsed", "0"), attribute.String("tracehook.cut", "forged"),
		attribute.Float64("nan", math.NaN()), attribute.Float64("inf", math.Inf(1)), attribute.Float64("huge", 1e300),
		attribute.Float64("tiny", 5e-324), attribute.Float64("zero", math.Copysign(0, -1)), attribute.Int64("least", math.MinInt64),
		attribute.Float64Slice("floats", []float64{math.NaN(), math.Inf(-1), 1.5}),
		attribute.String("bad\xff", "a\xffb"), attribute.String("nul", "\x00\u2028"), attribute.String("empty", ""),
		attribute.String(strings.Repeat("long", 20_000), "name"),
		{Key: "deep", Value: deep(60)},
		{Key: "map", Value: attribute.MapValue(attribute.String("", "inner"), attribute.Float64("nan", math.NaN()))},
		{Key: "none"},
	}
}

// Whatever attributes are called and hold, the span is there, and its own fields are as they were.
func TestHostileAttributes(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{"recorder", "otel"} {
		t.Run(schema, func(t *testing.T) {
			t.Parallel()
			s := settings(newProxy(t).url, "schema", schema, "ttl", "1h")
			span := stub(0, 0)
			span.Attributes = hostile()
			if err := export(t, s, span); err != nil {
				t.Fatal(err)
			}
			spans := read(t, optionsOf(t, s), span.SpanContext.TraceID())
			if len(spans) != 1 {
				t.Fatalf("%d spans", len(spans))
			}
			got := spans[0]
			if got.Name != "step 0" || !got.Start.Equal(span.StartTime) || got.ID != span.SpanContext.SpanID() || got.Status == "error" {
				t.Errorf("the span's own are %+v", got)
			}
			a := func(name string) string { return fmt.Sprint(got.Attributes[name]) }
			for name, want := range map[string]string{
				"_attribute": "no name", "nan": "NaN", "inf": "Infinity", "huge": "1e+300", "least": strconv.FormatInt(math.MinInt64, 10), "bad\ufffd": "a\ufffdb", "nul": "\x00\u2028",
			} {
				if got := a(name); got != want {
					t.Errorf("%q is %q, want %q", name, got, want)
				}
			}
			if n := len(got.Attributes); n < len(hostile())-1 { // one may have no value
				t.Errorf("%d attributes of %d: %v", n, len(hostile()), got.Attributes)
			}
			if schema == "recorder" && (a("start_attribute") != "forged" || a("start_attribute_attribute") != "taken" || a("tracehook.cut_attribute") != "forged" || a("expires_attribute") != "never") {
				t.Errorf("attributes are %v", got.Attributes)
			}
		})
	}
}

// With fields, names that clash are refused when the configuration is read; what remains is typed.
func TestMappedFields(t *testing.T) {
	t.Parallel()
	s := settings(newProxy(t).url, "schema", "otel")
	s.Fields = []exporter.FieldMapping{
		{Source: "trace_id", Target: "tid"},
		{Source: "name", Target: "op"},
		{Source: "duration_ms", Target: "ms"},
		{Source: "attributes.n", Target: "n"},
		{Source: "attributes.vip", Target: "vip"},
		{Source: "attributes.absent", Target: "absent"},
	}
	span := stub(0, 0)
	if err := export(t, s, span); err != nil {
		t.Fatal(err)
	}
	m := shape(t, fmt.Sprint(s.Setting["table"]))
	want := map[string]any{
		"tid": span.SpanContext.TraceID().String(), "span_id": span.SpanContext.SpanID().String(),
		"op": "step 0", "ms": "1500", "n": "0", "vip": true,
	}
	if fmt.Sprint(m) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", m, want)
	}
	if spans := read(t, optionsOf(t, s), span.SpanContext.TraceID()); len(spans) != 1 || spans[0].Name != "step 0" || spans[0].TraceID != span.SpanContext.TraceID() {
		t.Errorf("read back: %+v", spans)
	}
}

// An item is at most 400 KB: the largest texts are cut, attributes that are many are left out, and it says so.
func TestItemsThatAreTooLarge(t *testing.T) {
	t.Parallel()
	many := make([]attribute.KeyValue, 0, 12_000)
	for n := range cap(many) {
		many = append(many, attribute.String(fmt.Sprintf("key %d of many, with a name that is long", n), "v"))
	}
	events := make([]sdktrace.Event, 8_000)
	for n := range events {
		events[n] = sdktrace.Event{Name: fmt.Sprintf("event %d of many, with a name", n), Time: begin, Attributes: []attribute.KeyValue{attribute.Int("n", n)}}
	}
	for name, tt := range map[string]struct {
		attributes []attribute.KeyValue
		events     []sdktrace.Event
		cut        []string // for each schema, recorder first
	}{
		"one": {attributes: []attribute.KeyValue{attribute.String("big", strings.Repeat("ü", 300_000)), attribute.String("small", "s")}, cut: []string{"big (600000 bytes)", "attributes.big (600000 bytes)"}},
		"two": {
			attributes: []attribute.KeyValue{attribute.String("big", strings.Repeat("b", 300_000)), attribute.String("bigger", strings.Repeat("<", 400_000)), attribute.String("small", "s")},
			cut:        []string{"bigger (400000 bytes), big (300000 bytes)", "attributes.bigger (400000 bytes), attributes.big (300000 bytes)"},
		},
		"many":   {attributes: many, cut: []string{"(left out)", "attributes (left out)"}},
		"events": {events: events, cut: []string{"", "events (left out)"}},
		"name":   {attributes: []attribute.KeyValue{attribute.String(strings.Repeat("n", 500_000), "v")}, cut: []string{"", ""}},
	} {
		for i, schema := range []string{"recorder", "otel"} {
			t.Run(name+" "+schema, func(t *testing.T) {
				t.Parallel()
				var warned atomic.Int64
				s := settings(newProxy(t).url, "schema", schema)
				s.Logger = slog.New(counting{&warned})
				span := stub(0, 0)
				span.Attributes, span.Events = tt.attributes, tt.events
				if err := export(t, s, span, stub(0, 1)); err != nil {
					t.Fatal(err)
				}
				items := scan(t, fmt.Sprint(s.Setting["table"]))
				if len(items) != 2 {
					t.Fatalf("%d items", len(items))
				}
				said := ""
				for _, it := range items {
					if v, ok := it["tracehook.cut"].(*types.AttributeValueMemberS); ok {
						said = v.Value
					}
				}
				if !strings.Contains(said, tt.cut[i]) || (said == "") != (tt.cut[i] == "") || len(said) > 2000 || (warned.Load() == 1) != (tt.cut[i] != "") {
					t.Errorf("it says %.300q, and %d lines are logged; want %q", said, warned.Load(), tt.cut[i])
				}
				for _, got := range read(t, optionsOf(t, s), span.SpanContext.TraceID()) {
					if got.ID == span.SpanContext.SpanID() && name != "many" && name != "events" && tt.cut[i] != "" && got.Attributes["small"] != "s" {
						t.Errorf("the small attribute is %v", got.Attributes["small"])
					}
				}
			})
		}
	}
}

// What has no valid ids is written under those that the recorder would take.
func TestSpansWithoutIDs(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{"recorder", "otel"} {
		s := settings(newProxy(t).url, "schema", schema)
		span := stub(0, 0)
		span.SpanContext = trace.SpanContext{}
		if err := export(t, s, span); err != nil {
			t.Errorf("%s: %v", schema, err)
		}
		if n := len(scan(t, fmt.Sprint(s.Setting["table"]))); n != 1 {
			t.Errorf("%s: %d items", schema, n)
		}
	}
}
