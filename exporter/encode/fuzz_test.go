package encode_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// input is what a fuzzer chooses of a span.
type input struct {
	name, key, text, message string
	number                   int64
	float                    float64
	start, took              int64
	failed                   bool
}

func add(f *testing.F) {
	f.Helper()
	f.Add("name", "key", "value", "", int64(1), 0.5, int64(1772600767089000000), int64(1e6), false)
	f.Add("a\xffb\x00\n", `"\`, "\u2028\u202e\x1b[31m", "no %name%", int64(math.MinInt64), math.NaN(), int64(-1), int64(-1), true)
	f.Add("", "name", "yes", "boom", int64(math.MaxInt64), math.Inf(-1), int64(0), int64(math.MaxInt64), true)
	f.Add("数据库 🙂", "span_id", "\ufeff\ufffe\u007f\u0085", "~", int64(0), 1e21, int64(1), int64(1), false)
	f.Add(strings.Repeat("x", 5000), strings.Repeat("k", 2000), "- a: b", "null", int64(-1), 5e-324, int64(math.MaxInt64), int64(0), true)
}

func (in *input) stub() tracetest.SpanStub {
	s := tracetest.SpanStub{
		Name: in.name, SpanKind: trace.SpanKindClient,
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1, 15: 2}, SpanID: trace.SpanID{3, 7: 4}, TraceFlags: trace.FlagsSampled,
		}),
		StartTime: time.Unix(0, in.start), EndTime: time.Unix(0, in.start).Add(time.Duration(in.took)),
		Attributes: []attribute.KeyValue{
			attribute.String(in.key, in.text), attribute.Int64("i", in.number), attribute.Float64("f", in.float),
			attribute.StringSlice("l", []string{in.text, in.name}),
			{Key: "m", Value: attribute.MapValue(attribute.String(in.key, in.text), attribute.Float64("f", in.float))},
			attribute.ByteSlice("b", []byte(in.text)),
		},
		Events: []sdktrace.Event{{Name: in.text, Time: time.Unix(0, in.start), Attributes: []attribute.KeyValue{attribute.String(in.key, in.name)}}},
		Links: []sdktrace.Link{{
			SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{5}, SpanID: trace.SpanID{6}}),
			Attributes:  []attribute.KeyValue{attribute.String("k", in.text)},
		}},
		Resource:             resource.NewSchemaless(attribute.String("service.name", in.text)),
		InstrumentationScope: instrumentation.Scope{Name: in.name, Version: in.text},
	}
	if in.failed {
		s.Status = sdktrace.Status{Code: codes.Error, Description: in.message}
	}
	return s
}

// clean is what a reader gets for s: each wrong byte as U+FFFD.
func clean(s string) string { return string([]rune(s)) }

func one(t *testing.T, kind string, in *input) []byte {
	t.Helper()
	e, err := encode.New(kind, exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	span := in.stub().Snapshot()
	first := e.Append([]byte("before"), []sdktrace.ReadOnlySpan{nil, span})
	again := e.Append([]byte("before"), []sdktrace.ReadOnlySpan{span, nil})
	if !bytes.Equal(first, again) {
		t.Errorf("the same span is written differently the second time:\n%q\n%q", first, again)
	}
	got, ok := bytes.CutPrefix(first, []byte("before"))
	if !ok || !bytes.HasSuffix(got, []byte("\n")) || !utf8.Valid(got) {
		t.Fatalf("not appended as one record of UTF-8: %q", first)
	}
	return got
}

func jsonFloat(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return f
}

// twice reports a key that the fixed attributes have, too, so that readers see one of two.
func (in *input) twice() bool {
	return slices.Contains([]string{"i", "f", "l", "m", "b"}, clean(in.key)) || strings.HasPrefix(in.key, "tracehook.")
}

func FuzzJSON(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, name, key, text, message string, number int64, float float64, start, took int64, failed bool) {
		in := input{name, key, text, message, number, float, start, took, failed}
		if in.twice() {
			t.Skip()
		}
		line := one(t, "json", &in)
		if bytes.Count(line, []byte("\n")) != 1 || bytes.ContainsAny(line, "\x1b\x00\r") {
			t.Fatalf("a raw control character is in the line %q", line)
		}
		var got struct {
			TraceID    string         `json:"trace_id"`
			SpanID     string         `json:"span_id"`
			Parent     string         `json:"parent_span_id"`
			Name       string         `json:"name"`
			Kind       string         `json:"kind"`
			Status     string         `json:"status"`
			Message    string         `json:"status_message"`
			Service    string         `json:"service_name"`
			DurationMS float64        `json:"duration_ms"`
			Start      int64          `json:"start_time_unix_nano"`
			End        int64          `json:"end_time_unix_nano"`
			Attributes map[string]any `json:"attributes"`
			Resource   map[string]any `json:"resource"`
			Events     []struct {
				Name       string            `json:"name"`
				Time       int64             `json:"time_unix_nano"`
				Attributes map[string]string `json:"attributes"`
			} `json:"events"`
			Links []struct {
				TraceID string `json:"trace_id"`
			} `json:"links"`
		}
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		if err := decoder.Decode(&got); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		stub := in.stub()
		status, reason := "ok", ""
		if failed {
			status, reason = "error", clean(message)
		}
		if got.TraceID != stub.SpanContext.TraceID().String() || got.SpanID != stub.SpanContext.SpanID().String() || got.Parent != "" ||
			got.Name != clean(name) || got.Kind != "client" || got.Service != clean(text) || got.Status != status || got.Message != reason {
			t.Errorf("got %+v of %+v", got, in)
		}
		if got.Start != stub.StartTime.UnixNano() || got.End != stub.EndTime.UnixNano() {
			t.Errorf("start %d, end %d of %+v", got.Start, got.End, in)
		}
		if want := float64(max(stub.EndTime.Sub(stub.StartTime), 0)) / 1e6; got.DurationMS != want {
			t.Errorf("duration %v ms, want %v", got.DurationMS, want)
		}
		if n, ok := got.Attributes["i"].(json.Number); !ok || n.String() != attribute.Int64Value(number).String() {
			t.Errorf("int %v, want %d", got.Attributes["i"], number)
		}
		if n, ok := got.Attributes["f"].(json.Number); ok {
			if back, err := n.Float64(); err != nil || back != float {
				t.Errorf("float %v (%v), want %v", n, err, float)
			}
		} else if got.Attributes["f"] != jsonFloat(float) {
			t.Errorf("float %v, want %v", got.Attributes["f"], float)
		}
		if got.Attributes[clean(key)] != clean(text) || got.Resource["service.name"] != clean(text) ||
			got.Attributes["b"] != base64.StdEncoding.EncodeToString([]byte(text)) {
			t.Errorf("attributes %v of %+v", got.Attributes, in)
		}
		if diff := cmp.Diff([]any{clean(text), clean(name)}, got.Attributes["l"]); diff != "" {
			t.Errorf("list (-want +got):\n%s", diff)
		}
		if len(got.Events) != 1 || got.Events[0].Name != clean(text) || got.Events[0].Time != start && start != 0 ||
			got.Events[0].Attributes[clean(key)] != clean(name) || len(got.Links) != 1 {
			t.Errorf("events %+v, links %+v", got.Events, got.Links)
		}
	})
}

func FuzzText(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, name, key, text, message string, number int64, float float64, start, took int64, failed bool) {
		in := input{name, key, text, message, number, float, start, took, failed}
		e, err := encode.NewText(exporter.Settings{Format: "%trace_id%|%name%|%error%|%attributes%|%resource%|%events%|%code%"})
		if err != nil {
			t.Fatal(err)
		}
		line := string(e.Append(nil, []sdktrace.ReadOnlySpan{in.stub().Snapshot()}))
		body, ok := strings.CutSuffix(line, "\n")
		if !ok || !utf8.ValidString(body) {
			t.Fatalf("not a line of UTF-8: %q", line)
		}
		for _, r := range body {
			if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\u202e' {
				t.Fatalf("%U is in the line %q", r, line)
			}
		}
		id := in.stub().SpanContext.TraceID().String()
		if !strings.HasPrefix(body, id+"|") {
			t.Errorf("%q doesn't begin with the trace id", body)
		}
		if simple(name) && !strings.HasPrefix(body, id+"|"+name+"|") {
			t.Errorf("%q doesn't have the name %q as it is", body, name)
		}
		if want := "|0"; !failed && !strings.HasSuffix(body, want) {
			t.Errorf("%q doesn't end with %q", body, want)
		}
	})
}

// simple reports printable ASCII.
func simple(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

func FuzzOTLP(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, name, key, text, message string, number int64, float float64, start, took int64, failed bool) {
		in := input{name, key, text, message, number, float, start, took, failed}
		line := one(t, "otlp", &in)
		if bytes.Count(line, []byte("\n")) != 1 {
			t.Fatalf("more than one line: %q", line)
		}
		data := decodeOTLP(t, line)
		if len(data.GetResourceSpans()) != 1 || len(data.GetResourceSpans()[0].GetScopeSpans()) != 1 ||
			len(data.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()) != 1 {
			t.Fatalf("not one span: %s", line)
		}
		res, scope := data.GetResourceSpans()[0], data.GetResourceSpans()[0].GetScopeSpans()[0]
		got, stub := scope.GetSpans()[0], in.stub()
		if id := stub.SpanContext.TraceID(); !bytes.Equal(got.GetTraceId(), id[:]) || len(got.GetParentSpanId()) != 0 {
			t.Errorf("ids %x, %x", got.GetTraceId(), got.GetParentSpanId())
		}
		if got.GetName() != clean(name) || got.GetKind() != tracepb.Span_SPAN_KIND_CLIENT || got.GetFlags() != 0x101 {
			t.Errorf("name %q, kind %v, flags %x", got.GetName(), got.GetKind(), got.GetFlags())
		}
		first, last := max(stub.StartTime.UnixNano(), 0), max(stub.EndTime.UnixNano(), 0)
		if took == 0 && last > 0 && last < math.MaxInt64 {
			last++ // a span without length
		}
		if got.GetStartTimeUnixNano() != uint64(first) || got.GetEndTimeUnixNano() != uint64(last) {
			t.Errorf("times %d, %d", got.GetStartTimeUnixNano(), got.GetEndTimeUnixNano())
		}
		wantStatus, wantMessage := tracepb.Status_STATUS_CODE_UNSET, ""
		if failed {
			wantStatus, wantMessage = tracepb.Status_STATUS_CODE_ERROR, clean(message)
		}
		if got.GetStatus().GetCode() != wantStatus || got.GetStatus().GetMessage() != wantMessage {
			t.Errorf("status %v", got.GetStatus())
		}
		if len(got.GetAttributes()) != len(stub.Attributes) {
			t.Fatalf("%d attributes, want %d", len(got.GetAttributes()), len(stub.Attributes))
		}
		for i, kv := range stub.Attributes {
			same(t, kv, got.GetAttributes()[i])
		}
		if e := got.GetEvents(); len(e) != 1 || e[0].GetName() != clean(text) {
			t.Errorf("events %v", e)
		}
		if l := got.GetLinks(); len(l) != 1 || l[0].GetTraceId()[0] != 5 {
			t.Errorf("links %v", l)
		}
		if scope.GetScope().GetName() != clean(name) || scope.GetScope().GetVersion() != clean(text) {
			t.Errorf("scope %v", scope.GetScope())
		}
		same(t, attribute.String("service.name", text), res.GetResource().GetAttributes()[0])
	})
}

// same compares an attribute with what was read back.
func same(t *testing.T, want attribute.KeyValue, got *commonpb.KeyValue) {
	t.Helper()
	if got.GetKey() != clean(string(want.Key)) {
		t.Errorf("key %q, want %q", got.GetKey(), want.Key)
	}
	ok := true
	switch v := got.GetValue(); want.Value.Type() {
	case attribute.STRING:
		ok = v.GetStringValue() == clean(want.Value.AsString())
	case attribute.INT64:
		ok = v.GetIntValue() == want.Value.AsInt64()
	case attribute.FLOAT64:
		ok = v.GetDoubleValue() == want.Value.AsFloat64() || math.IsNaN(want.Value.AsFloat64()) && math.IsNaN(v.GetDoubleValue())
	case attribute.BYTESLICE:
		ok = bytes.Equal(v.GetBytesValue(), want.Value.AsByteSlice())
	case attribute.STRINGSLICE:
		for i, s := range want.Value.AsStringSlice() {
			ok = ok && v.GetArrayValue().GetValues()[i].GetStringValue() == clean(s)
		}
	case attribute.MAP:
		for i, kv := range want.Value.AsMap() {
			same(t, kv, v.GetKvlistValue().GetValues()[i])
		}
	default:
		t.Errorf("no comparison for %v", want.Value.Type())
	}
	if !ok {
		t.Errorf("%q is %v, want %v", want.Key, got.GetValue(), want.Value)
	}
}

// decodeOTLP reads a line with protobuf's own JSON decoder, which wants ids in base64.
func decodeOTLP(t *testing.T, line []byte) *tracepb.TracesData {
	t.Helper()
	var document any
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	var walk func(node any)
	walk = func(node any) {
		switch node := node.(type) {
		case []any:
			for _, element := range node {
				walk(element)
			}
		case map[string]any:
			for name, value := range node {
				if id, ok := value.(string); ok && (name == "traceId" || name == "spanId" || name == "parentSpanId") {
					raw, err := hex.DecodeString(id)
					if err != nil {
						t.Fatalf("%s %q isn't hexadecimal", name, id)
					}
					node[name] = base64.StdEncoding.EncodeToString(raw)
				}
				walk(value)
			}
		}
	}
	walk(document)
	encoded, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	var data tracepb.TracesData
	if err := protojson.Unmarshal(encoded, &data); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return &data
}

func FuzzYAML(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, name, key, text, message string, number int64, float float64, start, took int64, failed bool) {
		in := input{name, key, text, message, number, float, start, took, failed}
		if in.twice() {
			t.Skip()
		}
		record := one(t, "yaml", &in)
		var got map[string]any
		if err := yaml.Unmarshal(record, &got); err != nil {
			t.Fatalf("%v: %q", err, record)
		}
		stub := in.stub()
		if got["trace_id"] != stub.SpanContext.TraceID().String() || got["parent_id"] != "" || got["name"] != clean(name) || got["kind"] != "client" {
			t.Errorf("got %v of %+v", got, in)
		}
		if want := stub.StartTime.UTC().Format(time.RFC3339Nano); got["start"] != want {
			t.Errorf("start %v, want %v", got["start"], want)
		}
		if failed && (got["status"] != "error" || got["error"] != clean(message)) {
			t.Errorf("status %v, error %v", got["status"], got["error"])
		}
		at := clean(key)
		switch at {
		case "span_id", "trace_id", "parent_id", "process", "kind", "name", "start", "finish":
			at += "_attribute"
		case "status", "error":
			if failed {
				at += "_attribute"
			}
		}
		if got[at] != clean(text) {
			t.Errorf("attribute %q is %#v, want %q", at, got[at], clean(text))
		}
		if i, ok := got["i"].(int); !ok || int64(i) != number {
			t.Errorf("int %#v, want %d", got["i"], number)
		}
		if back, ok := got["f"].(float64); !ok || back != float && !(math.IsNaN(back) && math.IsNaN(float)) {
			t.Errorf("float %#v, want %v", got["f"], float)
		}
		inner, ok := got["m"].(map[string]any)
		if key != "f" && (!ok || inner[clean(key)] != clean(text)) {
			t.Errorf("map %#v", got["m"])
		}
	})
}
