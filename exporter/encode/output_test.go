package encode_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.yaml.in/yaml/v3"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// written is one span as an encoder writes it.
func written(t *testing.T, kind string, s exporter.Settings, stub tracetest.SpanStub) string {
	t.Helper()
	e, err := encode.New(kind, s)
	if err != nil {
		t.Fatal(err)
	}
	return string(e.Append(nil, []sdktrace.ReadOnlySpan{stub.Snapshot()}))
}

// keysOf lists the keys of a JSON object as they stand there, also those that come twice.
func keysOf(t *testing.T, object string) (list []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(object))
	depth, key := 0, false
	for {
		token, err := d.Token()
		if err != nil {
			return list
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				depth++
			} else {
				depth--
			}
			key = depth == 1
		case string:
			if depth == 1 && key {
				list = append(list, token)
				key = false
				continue
			}
			key = depth == 1
		default:
			key = depth == 1
		}
	}
}

func TestAttributesHaveEachKeyOnce(t *testing.T) {
	t.Parallel()
	num := func(keys ...string) (list []attribute.KeyValue) {
		for i, key := range keys {
			list = append(list, attribute.Int(key, i+1))
		}
		return list
	}
	for _, test := range []struct {
		name       string
		attributes []attribute.KeyValue
		want       string
	}{
		{"the last counts", num("x", "y", "x"), `{"y":2,"x":3}`},
		{"bad bytes", num("a\xff", "a\xfe", "b"), "{\"a\ufffd\":1,\"a\ufffd_2\":2,\"b\":3}"},
		{"bad bytes and what is written for them", num("a\ufffd", "a\xff"), "{\"a\ufffd\":1,\"a\ufffd_2\":2}"},
		{"in another order", num("a\xff", "a\ufffd"), "{\"a\ufffd_2\":1,\"a\ufffd\":2}"},
		{"the number is taken", num("a\xff", "a\ufffd", "a\ufffd_2"), "{\"a\ufffd_3\":1,\"a\ufffd\":2,\"a\ufffd_2\":3}"},
		{"quotes", num(`a"`, "a\n"), `{"a\"":1,"a\n":2}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := string(encode.AppendAttributes(nil, test.attributes)); got != test.want {
				t.Errorf("attributes = %s, want %s", got, test.want)
			}
			line := written(t, "json", exporter.Settings{Fields: []exporter.FieldMapping{{Source: "events", Target: "events"}}}, tracetest.SpanStub{
				Events: []sdktrace.Event{{Name: "e", Attributes: test.attributes}},
			})
			var got struct {
				Events []struct{ Attributes json.RawMessage }
			}
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			seen := make(map[string]bool)
			for _, key := range keysOf(t, string(got.Events[0].Attributes)) {
				if seen[key] {
					t.Errorf("key %q comes twice in %s", key, line)
				}
				seen[key] = true
			}
			if len(seen) == 0 {
				t.Errorf("no keys in %s", line)
			}
		})
	}
}

// What people can't see, or what terminals obey, is never written as it is.
func TestHiddenCharactersAreEscaped(t *testing.T) {
	t.Parallel()
	hidden := []rune{0x7f, 0x85, 0x9b, 0xad, 0x61c, 0x180e, 0x200b, 0x202e, 0x2028, 0x2066, 0x3164, 0xfeff, 0xfff9, 0xe0001, 0xe0041, 0xe007f, 0xe0100}
	for _, r := range hidden {
		text := "a" + string(r) + "b"
		stub := tracetest.SpanStub{
			Name: text, Attributes: []attribute.KeyValue{attribute.String("key"+text, text)},
			Events: []sdktrace.Event{{Name: text}},
		}
		for _, kind := range encode.Kinds() {
			got := written(t, kind, exporter.Settings{Format: "%name% %attributes% %events%"}, stub)
			if strings.ContainsRune(got, r) {
				t.Errorf("%s has %U as it is: %q", kind, r, got)
			}
			var back any
			switch kind {
			case "yaml":
				var document map[string]any
				if err := yaml.Unmarshal([]byte(got), &document); err != nil {
					t.Errorf("%U in %s: %v", r, kind, err)
				}
				back = document["name"]
			case "json":
				var line struct{ Name string }
				if err := json.Unmarshal([]byte(got), &line); err != nil {
					t.Errorf("%U in %s: %v", r, kind, err)
				}
				back = line.Name
			default:
				continue
			}
			if back != text {
				t.Errorf("%s reads back as %q, want %q", kind, back, text)
			}
		}
	}
	if got := written(t, "text", exporter.Settings{Format: "%name%"}, tracetest.SpanStub{Name: "\U000e0041"}); got != `\U000e0041`+"\n" {
		t.Errorf("text = %q", got)
	}
}

func TestFormatThatEndsInALineFeed(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"%name%\n", "%name%\r\n", "%name%\n\n"} {
		if got := written(t, "text", exporter.Settings{Format: format}, tracetest.SpanStub{Name: "n"}); got != "n\n" {
			t.Errorf("format %q writes %q, want one line", format, got)
		}
	}
}

func TestNanosAsText(t *testing.T) {
	t.Parallel()
	at := time.Unix(0, 1764441123456789017)
	stub := tracetest.SpanStub{StartTime: at, EndTime: at.Add(1), Events: []sdktrace.Event{{Name: "e", Time: at}}}
	for _, test := range []struct {
		name  string
		start time.Time
	}{{"a usual time", at}, {"the first nanosecond", time.Unix(0, 1)}, {"none", time.Time{}}} {
		stub.StartTime = test.start
		e, err := encode.NewJSON(exporter.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		numbers := string(e.Append(nil, []sdktrace.ReadOnlySpan{stub.Snapshot()}))
		if e, err = encode.NewJSON(exporter.Settings{}); err != nil {
			t.Fatal(err)
		}
		e.NanosAsText()
		texts := string(e.Append(nil, []sdktrace.ReadOnlySpan{stub.Snapshot()}))
		want := numbers
		for _, key := range []string{"start_time_unix_nano", "end_time_unix_nano", `time_unix_nano`} {
			before, rest, ok := strings.Cut(want, `"`+key+`":`)
			end := strings.IndexAny(rest, ",}")
			if !ok || end < 0 {
				t.Fatalf("no %s in %s", key, want)
			}
			want = before + `"` + key + `":"` + rest[:end] + `"` + rest[end:]
		}
		if diff := cmp.Diff(want, texts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// An attribute never reads as a field of the span, whether the span has that field or not.
func TestYAMLAttributesAreNoFields(t *testing.T) {
	t.Parallel()
	names := []string{"span_id", "trace_id", "parent_id", "process", "kind", "name", "start", "finish", "status", "error"}
	var attributes []attribute.KeyValue
	for _, name := range names {
		attributes = append(attributes, attribute.String(name, "forged"))
	}
	var got map[string]any
	if err := yaml.Unmarshal([]byte(written(t, "yaml", exporter.Settings{}, tracetest.SpanStub{Name: "n", Attributes: attributes})), &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if got[name] == "forged" || got[name+"_attribute"] != "forged" {
			t.Errorf("%s = %v and %s_attribute = %v, want the attribute under the second", name, got[name], name, got[name+"_attribute"])
		}
	}
}

// Keys that differ only in bad bytes would be one key, which no reader of YAML takes twice.
func TestYAMLKeysThatDifferOnlyInBadBytes(t *testing.T) {
	t.Parallel()
	var got map[string]any
	text := written(t, "yaml", exporter.Settings{}, tracetest.SpanStub{Attributes: []attribute.KeyValue{attribute.Int("a\xff", 1), attribute.Int("a\xfe", 2), attribute.Int("a\ufffd", 3)}})
	if err := yaml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	values := make(map[any]bool)
	for _, value := range got {
		values[value] = true
	}
	if !values[1] || !values[2] || !values[3] {
		t.Errorf("the document has %v, want all three values", got)
	}
}

// The recorder's readers have whole numbers of 64 bits with a sign, and 0 for no parent.
func TestYAMLDecimalIDs(t *testing.T) {
	t.Parallel()
	type document struct {
		SpanID   int64  `yaml:"span_id"`
		TraceID  int64  `yaml:"trace_id"`
		ParentID int64  `yaml:"parent_id"`
		Process  string `yaml:"process"`
		Kind     string `yaml:"kind"`
		Name     string `yaml:"name"`
		Start    string `yaml:"start"`
		Finish   string `yaml:"finish"`
	}
	tid := trace.TraceID{1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}
	context := trace.NewSpanContext(trace.SpanContextConfig{TraceID: tid, SpanID: trace.SpanID{0x80, 7: 7}, TraceFlags: trace.FlagsSampled})
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: tid, SpanID: trace.SpanID{0x80}})
	stub := tracetest.SpanStub{Name: "GET /foo", SpanContext: context, SpanKind: trace.SpanKindServer}
	for _, mapped := range []bool{false, true} {
		s := exporter.Settings{}
		if mapped {
			for _, source := range []string{"trace_id", "span_id", "parent_id", "name", "kind", "process"} {
				s.Fields = append(s.Fields, exporter.FieldMapping{Source: source, Target: source})
			}
		}
		e, err := encode.NewYAML(s)
		if err != nil {
			t.Fatal(err)
		}
		e.DecimalIDs()
		for _, parentID := range []int64{0, 1} {
			stub.Parent = trace.SpanContext{}
			if parentID != 0 {
				stub.Parent = parent
			}
			var got document
			record := e.Append(nil, []sdktrace.ReadOnlySpan{stub.Snapshot()})
			if err := yaml.Unmarshal(record, &got); err != nil {
				t.Fatalf("%v in\n%s", err, record)
			}
			want := document{SpanID: 7, TraceID: math.MaxInt64 - 1, ParentID: parentID, Kind: "server", Name: "GET /foo", Process: got.Process}
			if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(got.Process, "@") {
				t.Errorf("mapped %v (-want +got):\n%s", mapped, diff)
			}
			if strings.Contains(string(record), `_id: "`) {
				t.Errorf("an id is a text in\n%s", record)
			}
		}
	}
}

func ExampleYAML_DecimalIDs() {
	e, err := encode.NewYAML(exporter.Settings{Fields: []exporter.FieldMapping{
		{Source: "trace_id", Target: "trace_id"}, {Source: "span_id", Target: "span_id"}, {Source: "parent_span_id", Target: "parent_id"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	e.DecimalIDs()
	span := tracetest.SpanStub{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{15: 11}, SpanID: trace.SpanID{7: 22}})}
	fmt.Printf("%s", e.Append(nil, []sdktrace.ReadOnlySpan{span.Snapshot()}))
	// Output:
	// ---
	// trace_id: 11
	// span_id: 22
	// parent_id: 0
}
