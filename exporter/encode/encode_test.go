package encode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
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
	"go.yaml.in/yaml/v3"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/internal/vocab"
	"github.com/tracehook/tracehook/setting"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	unknown := []exporter.FieldMapping{{Source: "namee", Target: "n"}}
	tests := []struct {
		name, kind string
		settings   exporter.Settings
		want       string
	}{
		{"an unknown encoding", "jsn", exporter.Settings{}, `no encoding is called "jsn", did you mean "json"?; there are json, text, otlp, yaml`},
		{"an unknown field in json", "json", exporter.Settings{Fields: unknown}, `fields.namee: no span field is called "namee", did you mean "name"?`},
		{"an unknown field in text", "text", exporter.Settings{Fields: unknown}, `fields.namee: no span field is called "namee", did you mean "name"?`},
		{"an unknown field in otlp", "otlp", exporter.Settings{Fields: unknown}, `fields.namee: no span field is called "namee", did you mean "name"?`},
		{"an unknown field in yaml", "yaml", exporter.Settings{Fields: unknown}, `fields.namee: no span field is called "namee", did you mean "name"?`},
		{
			"a template without a placeholder", "text",
			exporter.Settings{Format: "json"},
			`format: "json" has no placeholder such as %name%, so that all lines would be the same; json = true writes JSON, and a console draws trees with "tree"`,
		},
		{"an unknown placeholder", "text", exporter.Settings{Format: "%time% %namee%"}, `format: %namee%: no span field is called "namee", did you mean "name"?`},
		{
			"two unknown placeholders", "text",
			exporter.Settings{Format: "%a_b_c%%trcae_id%"},
			"format: %a_b_c%: no span field is called \"a_b_c\"\nformat: %trcae_id%: no span field is called \"trcae_id\", did you mean \"trace_id\"?",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e, err := encode.New(test.kind, test.settings)
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if e != nil {
				t.Errorf("an encoder %v beside the error", e)
			}
			var key setting.Problem
			if test.kind != "jsn" && !errors.As(err, &key) {
				t.Errorf("%v is no Problem", err)
			}
		})
	}
}

func text(t *testing.T, s exporter.Settings, span sdktrace.ReadOnlySpan) string {
	t.Helper()
	e, err := encode.NewText(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(e.Append(nil, []sdktrace.ReadOnlySpan{span}))
}

func TestTextTemplates(t *testing.T) {
	t.Parallel()
	mapped := []exporter.FieldMapping{{Source: "kind", Target: "a-b.c"}, {Source: "kind", Target: "name"}}
	tests := []struct {
		name, format, span, want string
		fields                   []exporter.FieldMapping
	}{
		{"literal", "hello", "x", "hello\n", nil},
		{"placeholder at both ends", "%name%-%name%", "x", "x-x\n", nil},
		{"adjacent", "%name%%name%", "x", "xx\n", nil},
		{"percent", "100%% %name%%%", "x", "100% x%\n", nil},
		{"lone percent", "50% %name% %", "x", "50% x %\n", nil},
		{"a value is never expanded again", "%name%", "%trace_id%", "%trace_id%\n", nil},
		{"a target with marks", "%a-b.c%", "x", "internal\n", mapped},
		{"a target hides a source", "%name%", "x", "internal\n", mapped},
		{"line feed in the template stays", "a\n%name%", "x", "a\nx\n", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			span := tracetest.SpanStub{Name: test.span}.Snapshot()
			if got := text(t, exporter.Settings{Format: test.format, Fields: test.fields}, span); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Every source and every mapped target is a placeholder.
func TestTextKnowsEverySource(t *testing.T) {
	t.Parallel()
	for _, source := range encode.Sources() {
		for _, name := range source.Names {
			got := text(t, exporter.Settings{Format: "<%" + name + "%>"}, exportertest.Spans()[1])
			if !strings.HasPrefix(got, "<") || !strings.HasSuffix(got, ">\n") || strings.Contains(got, "%") {
				t.Errorf("%%%s%% is written %q", name, got)
			}
		}
	}
}

func TestTextShowsWhatATerminalWouldObey(t *testing.T) {
	t.Parallel()
	tests := []struct{ give, want string }{
		{"a\nb\r\tc", `a\nb\r\tc`},
		{"\x1b[2J\a\x00\x7f", `\x1b[2J\x07\x00\x7f`},
		{"\u009b2J", `\u009b2J`},
		{"a\u202eb\u2066c\u200bd\ufeff\u061c", `a\u202eb\u2066c\u200bd\ufeff\u061c`},
		{"a\u2028b\u2029c", `a\u2028b\u2029c`},
		{"\xff\xc3(", `\xff\xc3(`},
		{`C:\dir "x" 'y'`, `C:\dir "x" 'y'`},
		{"héllo 数据 👩\u200d💻", "héllo 数据 👩\u200d💻"},
		{"\ufffd", "\ufffd"},
	}
	for _, test := range tests {
		if got := string(encode.AppendVisible(nil, test.give)); got != test.want {
			t.Errorf("%q is shown as %s, want %s", test.give, got, test.want)
		}
	}
}

// Strings of every length and every byte in every place: eight bytes are looked at together,
// and none may hide behind another.
func TestJSONStringsAgreeWithEncodingJSON(t *testing.T) {
	t.Parallel()
	for length := range 20 {
		for at := range length {
			for b := range 256 {
				s := []byte(strings.Repeat("a", length))
				s[at] = byte(b)
				if b%3 == 0 && at+1 < length {
					s[at+1] = '"'
				}
				got := encode.AppendAttribute(nil, attribute.StringValue(string(s)))
				var back string
				if err := json.Unmarshal(got, &back); err != nil || back != clean(string(s)) {
					t.Fatalf("%q is written as %s and read as %q (%v)", s, got, back, err)
				}
			}
		}
	}
}

func TestFloats(t *testing.T) {
	t.Parallel()
	tests := []struct {
		give float64
		want string
	}{
		{0, "0"},
		{1, "1"},
		{-1.5, "-1.5"},
		{0.1, "0.1"},
		{1e20, "100000000000000000000"},
		{1e21, "1e+21"},
		{1e-7, "1e-07"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
		{math.SmallestNonzeroFloat64, "5e-324"},
		{math.NaN(), `"NaN"`},
		{math.Inf(1), `"Infinity"`},
		{math.Inf(-1), `"-Infinity"`},
	}
	for _, test := range tests {
		if got := string(encode.AppendAttribute(nil, attribute.Float64Value(test.give))); got != test.want {
			t.Errorf("%v is written %s, want %s", test.give, got, test.want)
		}
	}
}

func TestMilliseconds(t *testing.T) {
	t.Parallel()
	for give, want := range map[time.Duration]string{
		0: "0", 1: "0.000001", time.Microsecond: "0.001", 1500 * time.Microsecond: "1.5", time.Second: "1000",
		time.Hour + 10: "3600000.00001", math.MaxInt64: "9223372036854.775807", 100: "0.0001",
	} {
		start := time.Unix(0, 0)
		span := tracetest.SpanStub{StartTime: start, EndTime: start.Add(give)}.Snapshot()
		if got := text(t, exporter.Settings{Format: "%duration_ms%"}, span); got != want+"\n" {
			t.Errorf("%d ns is written %q, want %s", give, got, want)
		}
	}
}

// Values within values end somewhere.
func TestDeepValuesEnd(t *testing.T) {
	t.Parallel()
	v := attribute.StringValue("core")
	for i := range 1000 {
		if i%2 == 0 {
			v = attribute.SliceValue(v)
		} else {
			v = attribute.MapValue(attribute.KeyValue{Key: "k", Value: v})
		}
	}
	span := tracetest.SpanStub{Attributes: []attribute.KeyValue{{Key: "deep", Value: v}}}.Snapshot()
	for _, kind := range encode.Kinds() {
		e, err := encode.New(kind, exporter.Settings{Format: "%attributes%"})
		if err != nil {
			t.Fatal(err)
		}
		got := e.Append(nil, []sdktrace.ReadOnlySpan{span})
		switch kind {
		case "yaml":
			var document any
			err = yaml.Unmarshal(got, &document)
		default:
			var document any
			err = json.Unmarshal(got, &document)
		}
		if err != nil || len(got) > 20_000 {
			t.Errorf("%s: %d bytes, %v", kind, len(got), err)
		}
	}
}

func TestHugeStrings(t *testing.T) {
	t.Parallel()
	for name, huge := range map[string]string{
		"ascii": strings.Repeat("a", 10<<20), "control": strings.Repeat("\x01", 1<<20),
		"invalid": strings.Repeat("\xff", 1<<20), "c1": strings.Repeat("\u0085", 1<<19), "quotes": strings.Repeat(`"`, 1<<20),
	} {
		span := tracetest.SpanStub{Name: huge, Attributes: []attribute.KeyValue{attribute.String("k", huge)}}.Snapshot()
		for _, kind := range encode.Kinds() {
			t.Run(name+" in "+kind, func(t *testing.T) {
				t.Parallel()
				e, err := encode.New(kind, exporter.Settings{})
				if err != nil {
					t.Fatal(err)
				}
				got := e.Append(nil, []sdktrace.ReadOnlySpan{span})
				if len(got) < len(huge) {
					t.Errorf("only %d bytes", len(got))
				}
				if (kind == "json" || kind == "otlp") && !json.Valid(got) {
					t.Error("not valid JSON")
				}
			})
		}
	}
}

func TestAppendLeavesTheBufferBeforeIt(t *testing.T) {
	t.Parallel()
	for _, kind := range encode.Kinds() {
		e, err := encode.New(kind, exporter.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Append([]byte("x"), nil); string(got) != "x" {
			t.Errorf("%s: no spans append %q", kind, got)
		}
		if got := e.Append(nil, []sdktrace.ReadOnlySpan{nil, nil}); len(got) != 0 {
			t.Errorf("%s: nil spans append %q", kind, got)
		}
		all := e.Append(nil, exportertest.Spans())
		var each []byte
		for _, s := range exportertest.Spans() {
			each = e.Append(each, []sdktrace.ReadOnlySpan{s})
		}
		if e.Batched() != (kind == "otlp") || !e.Batched() && !bytes.Equal(all, each) {
			t.Errorf("%s: Batched %v, but one call and four calls agree: %v", kind, e.Batched(), bytes.Equal(all, each))
		}
	}
}

// Spans of one resource and scope are one group, wherever they stand.
func TestOTLPGroups(t *testing.T) {
	t.Parallel()
	a, b := resource.NewSchemaless(attribute.String("service.name", "a")), resource.NewSchemaless(attribute.String("service.name", "b"))
	x, y := instrumentation.Scope{Name: "x"}, instrumentation.Scope{Name: "y"}
	var spans []sdktrace.ReadOnlySpan
	add := func(name string, r *resource.Resource, s instrumentation.Scope) {
		spans = append(spans, tracetest.SpanStub{Name: name, Resource: r, InstrumentationScope: s}.Snapshot())
	}
	add("1", a, x)
	add("2", b, x)
	spans = append(spans, nil)
	add("3", a, y)
	add("4", a, x)
	add("5", b, x)
	add("6", nil, x)
	e, err := encode.NewOTLP(exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var got []string
		for _, r := range decodeOTLP(t, e.Append(nil, spans)).GetResourceSpans() {
			for _, s := range r.GetScopeSpans() {
				service := "-"
				if kv := r.GetResource().GetAttributes(); len(kv) > 0 {
					service = kv[0].GetValue().GetStringValue()
				}
				var names []string
				for _, span := range s.GetSpans() {
					names = append(names, span.GetName())
				}
				got = append(got, service+s.GetScope().GetName()+":"+strings.Join(names, ""))
			}
		}
		if diff := cmp.Diff([]string{"ax:14", "ay:3", "bx:25", "-x:6"}, got); diff != "" {
			t.Fatalf("groups (-want +got):\n%s", diff)
		}
	}
}

// More resources than an encoder remembers are not mixed up.
func TestManyResources(t *testing.T) {
	t.Parallel()
	var spans []sdktrace.ReadOnlySpan
	for i := range 300 {
		r := resource.NewSchemaless(attribute.Int("number", i))
		spans = append(spans, tracetest.SpanStub{Name: strconv.Itoa(i), Resource: r}.Snapshot())
	}
	e, err := encode.NewText(exporter.Settings{Format: `%name% %resource%`})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i, line := range strings.Split(strings.TrimSpace(string(e.Append(nil, spans))), "\n") {
			if want := strconv.Itoa(i) + ` {"number":` + strconv.Itoa(i) + `}`; line != want {
				t.Fatalf("got %s, want %s", line, want)
			}
		}
	}
}

// An encoder keeps what spans share in encoded form; whatever came before, a span is written
// as by an encoder that has seen nothing yet.
func TestJSONForgetsWhatIsNotShared(t *testing.T) {
	t.Parallel()
	var spans []sdktrace.ReadOnlySpan
	for _, service := range []string{"shop", "bank"} {
		res := resource.NewSchemaless(attribute.String("service.name", service))
		for _, kind := range []trace.SpanKind{trace.SpanKindServer, trace.SpanKindClient} {
			for _, status := range []sdktrace.Status{{}, {Code: codes.Error, Description: "no"}} {
				for _, attributes := range [][]attribute.KeyValue{
					nil,
					{vocab.Kind.String("http"), vocab.Target.String("cart")},
					{vocab.Service.String("user"), vocab.Status.String("retry")},
				} {
					spans = append(spans, tracetest.SpanStub{SpanKind: kind, Status: status, Resource: res, Attributes: attributes}.Snapshot())
				}
			}
		}
	}
	one := func(e *encode.JSON, i int) string { return string(e.Append(nil, spans[i:i+1])) }
	fresh := func() *encode.JSON {
		e, err := encode.NewJSON(exporter.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for i := range spans {
		used := fresh()
		for k := range spans {
			_ = one(used, i)
			if got, want := one(used, k), one(fresh(), k); got != want {
				t.Fatalf("after span %d, span %d is\n%swant\n%s", i, k, got, want)
			}
		}
	}
}

func TestYAMLKeys(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 2000)
	span := tracetest.SpanStub{Name: "n", Attributes: []attribute.KeyValue{
		attribute.String("name", "taken"), attribute.String("name", "again"), attribute.String("name_attribute", "clash"),
		attribute.String(long, "long"), attribute.String("", "empty"), attribute.String("a: b", "colon"), attribute.Bool("no", true),
		{Key: "map", Value: attribute.MapValue(attribute.String(long, "inner"), attribute.String(long+`\"`, "odd"))},
		attribute.Float64("whole", 1), attribute.Float64("exp", 1e21), attribute.Float64("inf", math.Inf(-1)),
		attribute.Float64("pos", math.Inf(1)),
	}}.Snapshot()
	e, err := encode.NewYAML(exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	record := e.Append(nil, []sdktrace.ReadOnlySpan{span})
	var got map[string]any
	if err := yaml.Unmarshal(record, &got); err != nil {
		t.Fatalf("%v:\n%s", err, record)
	}
	if p, ok := got["process"].(string); !ok || !strings.Contains(p, "@") {
		t.Errorf("process %v", got["process"])
	}
	for _, key := range []string{"process", "span_id", "trace_id", "parent_id", "kind", "start", "finish"} {
		delete(got, key)
	}
	want := map[string]any{
		"name": "n", "name_attribute": "taken", "name_attribute2": "again", "name_attribute_attribute": "clash",
		long: "long", "": "empty", "a: b": "colon", "no": true,
		"map":   map[string]any{long: "inner", long + `\"`: "odd"},
		"whole": 1.0, "exp": 1e21, "inf": math.Inf(-1), "pos": math.Inf(1),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

// A key whose end is more than 1,024 characters away has to be announced. Keys around that length are read
// back, in a document and in a value.
func TestYAMLKeysAroundTheLongest(t *testing.T) {
	t.Parallel()
	e, err := encode.NewYAML(exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 980; n < 1040; n++ {
		key := strings.Repeat("k", n)
		document := e.Append(nil, []sdktrace.ReadOnlySpan{tracetest.SpanStub{Name: "n", Attributes: []attribute.KeyValue{
			attribute.String(key, "outer"), {Key: "map", Value: attribute.MapValue(attribute.String(key, "inner"))},
		}}.Snapshot()})
		var got map[string]any
		if err := yaml.Unmarshal(document, &got); err != nil || got[key] != "outer" {
			t.Errorf("a key of %d characters: %v", n, err)
		} else if inner, _ := got["map"].(map[string]any); inner[key] != "inner" {
			t.Errorf("a key of %d characters in a value is lost", n)
		}
	}
}

// What YAML 1.1 takes for a truth value stands in quotes, although the reader of these tests, of 1.2,
// wouldn't need them.
func TestYAMLQuotesTheWordsOfOldReaders(t *testing.T) {
	t.Parallel()
	e, err := encode.NewYAML(exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"y", "Y", "n", "N", "yes", "Yes", "no", "NO", "on", "On", "off", "OFF", "true", "False", "null"} {
		document := string(e.Append(nil, []sdktrace.ReadOnlySpan{tracetest.SpanStub{Name: word, Attributes: []attribute.KeyValue{attribute.String(word, "v")}}.Snapshot()}))
		if !strings.Contains(document, "\nname: \""+word+"\"\n") || !strings.Contains(document, "\n\""+word+"\": v\n") {
			t.Errorf("%s is written as %s", word, document)
		}
	}
}

// No reader of YAML 1.1 or 1.2 may take a text for something else.
func TestYAMLTextsStayTexts(t *testing.T) {
	t.Parallel()
	for _, give := range []string{
		"", "~", "null", "Null", "yes", "No", "ON", "y", "N", "true", "False", ".nan", ".inf", "1", "1.5", "0x1f", "1_000", "1:30",
		"2026-01-01", "- a", "a: b", "a #b", "#a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "{a", "[a", "a,b", "'a", `"a`, "=", "<<",
		"a\tb", " a", "a ", "\u0085", "\u2028", "\ufeffa", "---", "...", "?", "a:", "e5", "infinity",
	} {
		span := tracetest.SpanStub{Name: give}.Snapshot()
		e, err := encode.NewYAML(exporter.Settings{Fields: []exporter.FieldMapping{{Source: "name", Target: "v"}}})
		if err != nil {
			t.Fatal(err)
		}
		record, err := encode.NewYAML(exporter.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range [][]byte{e.Append(nil, []sdktrace.ReadOnlySpan{span}), record.Append(nil, []sdktrace.ReadOnlySpan{span})} {
			var got map[string]any
			if err := yaml.Unmarshal(document, &got); err != nil {
				t.Errorf("%q: %v:\n%s", give, err, document)
				continue
			}
			if got["v"] != give && got["name"] != give {
				t.Errorf("%q is read back from %s as %v", give, document, got)
			}
		}
	}
}

func TestExtension(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{"json": ".jsonl", "otlp": ".jsonl", "yaml": ".yaml", "text": ".log"} {
		if got := encode.Extension(kind); got != want {
			t.Errorf("extension of %s is %s, want %s", kind, got, want)
		}
	}
}
