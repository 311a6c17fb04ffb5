package readback_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/internal/vocab"
)

func TestReadSaysWhatWasWritten(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"json", "otlp", "yaml"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			encoder, err := encode.New(kind, exporter.Settings{})
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "trace.log")
			written := rich()
			export(t, open(t, path, file.WithEncoder(encoder)), span(1), written)
			want := readback.Span{
				TraceID: written.SpanContext().TraceID(), ID: written.SpanContext().SpanID(), Parent: trace.SpanID{1, 2, 3},
				Remote: kind == "otlp", Name: written.Name(), Kind: "server", Service: "shop", Status: "error", Message: "no bread",
				Start: epoch, End: epoch.Add(1500 * time.Microsecond),
				Attributes: map[string]any{
					"n": int64(7), "user": "ada", "big": int64(1 << 62), "half": 0.5, "yes": true, "list": []any{"a", "b"},
				},
				Resource: map[string]any{"service.name": "shop"},
			}
			if kind == "yaml" { // this encoding has no place for them
				want.Service, want.Resource = "", nil
			}
			var got []readback.Span
			for rec, err := range readback.Read(path) {
				if err != nil {
					t.Fatal(err)
				}
				if len(rec.Raw) == 0 || rec.Path != path || rec.Line < 1 {
					t.Errorf("record = %q at %s:%d", rec.Raw, rec.Path, rec.Line)
				}
				got = append(got, rec.Span)
			}
			if len(got) != 2 {
				t.Fatalf("%d spans, want 2", len(got))
			}
			got[1].Other, got[1].Links, got[1].Events = nil, nil, nil
			if diff := cmp.Diff(want, got[1]); diff != "" {
				t.Errorf("span (-want +got):\n%s", diff)
			}
			if d := got[1].Duration(); d != 1500*time.Microsecond {
				t.Errorf("duration = %v", d)
			}
		})
	}
}

// TestReadFrameworkSpans reads spans that were begun with a framework's words: every
// encoding says the same of them.
func TestReadFrameworkSpans(t *testing.T) {
	t.Parallel()
	stub := tracetest.SpanStubFromReadOnlySpan(span(7))
	stub.Attributes = append(stub.Attributes, vocab.Service.String("user"), vocab.Kind.String("queue"),
		vocab.Status.String("retry"), vocab.Result.String("later"), vocab.Code.Int(2),
		vocab.Target.String("mail"), attribute.String("tracehook.other", "stays"),
		attribute.Slice("mixed", attribute.IntValue(1), attribute.ByteSliceValue([]byte("\xff")), attribute.MapValue(attribute.Bool("b", true))))
	for _, kind := range []string{"json", "otlp"} {
		encoder, err := encode.New(kind, exporter.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "trace.log")
		export(t, open(t, path, file.WithEncoder(encoder)), stub.Snapshot())
		for rec, err := range readback.Read(path) {
			if err != nil {
				t.Fatal(err)
			}
			type words struct {
				Service, Kind, Status, Message string
				Target, Own                    any
			}
			s := rec.Span
			got := words{s.Service, s.Kind, s.Status, s.Message, s.Other["target"], s.Attributes["tracehook.other"]}
			if diff := cmp.Diff(words{"user", "queue", "retry", "later", "mail", "stays"}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", kind, diff)
			}
			for key := range s.Attributes {
				if strings.HasPrefix(key, "tracehook.") && key != "tracehook.other" {
					t.Errorf("%s: %s is among the attributes", kind, key)
				}
			}
			want := []any{int64(1), "/w==", map[string]any{"b": true}}
			if diff := cmp.Diff(want, s.Attributes["mixed"]); diff != "" {
				t.Errorf("%s, mixed (-want +got):\n%s", kind, diff)
			}
		}
	}
}

func TestReadAsText(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	write(t, path, "{not json\n---\n")
	if diff := cmp.Diff([]string{"{not json", "---"}, readNames(t, path, readback.WithKind("text"))); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestReadAcrossRotations(t *testing.T) {
	t.Parallel()
	for _, kind := range encode.Kinds() {
		for _, compress := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, compressed %v", kind, compress), func(t *testing.T) {
				t.Parallel()
				encoder, err := encode.New(kind, exporter.Settings{Format: "%name%"})
				if err != nil {
					t.Fatal(err)
				}
				dir := t.TempDir()
				path := filepath.Join(dir, "trace.log")
				opts := []file.Option{file.WithEncoder(encoder), file.WithMaxSize(2000)}
				if compress {
					opts = append(opts, file.WithCompression())
				}
				e := open(t, path, opts...)
				const n = 300
				for i := 0; i < n; i += 4 {
					export(t, e, spans(i, i+4)...)
				}
				shut(t, e)
				files := names(t, dir)
				if len(files) < 2 || compress != strings.HasSuffix(files[0], ".gz") {
					t.Fatalf("files = %q", files)
				}
				want := wantNames(n)
				if diff := cmp.Diff(want, readNames(t, path)); diff != "" {
					t.Errorf("by file (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(want, readNames(t, dir)); diff != "" {
					t.Errorf("by directory (-want +got):\n%s", diff)
				}
				for rec, err := range readback.Read(path) {
					first := readNames(t, rec.Path)
					if err != nil || len(first) == 0 || len(first) == n || first[0] != "span-0" {
						t.Errorf("%s alone = %q", rec.Path, first)
					}
					break
				}
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				if rest := readNames(t, path); len(rest) == 0 || len(rest) == n {
					t.Errorf("%d spans without the last file", len(rest))
				}
			})
		}
	}
}

func TestReadRenamedFields(t *testing.T) {
	t.Parallel()
	mapping := []exporter.FieldMapping{
		{Source: "trace_id", Target: "tid"},
		{Source: "name", Target: "op"},
		{Source: "timestamp", Target: "ts"},
		{Source: "durationMs", Target: "ms"},
		{Source: "attributes.user", Target: "who"},
		{Source: "flag", Target: "f"},
	}
	for _, kind := range []string{"json", "yaml"} {
		encoder, err := encode.New(kind, exporter.Settings{Fields: mapping, Flag: "blue"})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "trace.log")
		export(t, open(t, path, file.WithEncoder(encoder)), span(7))
		for rec, err := range readback.Read(path, readback.WithFieldNames(mapping)) {
			if err != nil {
				t.Fatal(err)
			}
			want := readback.Span{
				TraceID: span(7).SpanContext().TraceID(), Name: "span-7",
				Start: epoch.Add(-500 * time.Microsecond), End: epoch.Add(time.Millisecond), // it has milliseconds only
				Attributes: map[string]any{"user": "ada"}, Other: map[string]any{"f": "blue"},
			}
			if diff := cmp.Diff(want, rec.Span); diff != "" {
				t.Errorf("%s (-want +got):\n%s", kind, diff)
			}
		}
	}
}

func TestReadGoesOnBehindWhatIsBroken(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200_000)
	for _, test := range []struct {
		name, content string
		want          []string // "!" is an error
	}{
		{"half a line at the end", "{\"name\":\"a\"}\n{\"name\":\"b", []string{"a", "!"}},
		{"a whole line without its end", "{\"name\":\"a\"}\n{\"name\":\"b\"}", []string{"a", "b"}},
		{"half a line in the middle", "{\"name\":\"a\"}\n{\"na\n{\"name\":\"b\"}\n", []string{"a", "!", "b"}},
		{"a line that is too long", "{\"name\":\"a\"}\n{\"name\":\"" + long + "\"}\n{\"name\":\"b\"}\n", []string{"a", "!", "b"}},
		{"something else", "{\"name\":\"a\"}\n[1]\nnull\n{\"name\":\"b\"} {}\n\n\n{\"name\":\"c\"}\n", []string{"a", "!", "!", "!", "c"}},
		{"wrong types", "{\"name\":1,\"trace_id\":\"zz\",\"start_ms\":\"x\",\"attributes\":3}\n{\"name\":\"c\"}\n", []string{"", "c"}},
		{"a broken document", "---\nname: a\n---\n\t: [\n---\nname: b\n", []string{"a", "!", "b"}},
		{"a document that is too long", "---\nname: a\n---\nname: " + long + "\n---\nname: b\n", []string{"a", "!", "b"}},
		{"a document of many lines", "---\nname: a\n---\n" + strings.Repeat("x: y\n", 50_000) + "---\nname: b", []string{"a", "!", "b"}},
		{"documents without anything", "---\n---\n\n---\nname: a\n---\n", []string{"a"}},
		{"an empty file", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "trace.log")
			write(t, path, test.content)
			var got []string
			for rec, err := range readback.Read(path, readback.WithMaxRecord(100_000)) {
				var about *readback.RecordError
				switch {
				case errors.As(err, &about):
					got = append(got, "!")
					if about.Path != path || about.Line < 1 || !strings.Contains(err.Error(), path+":") {
						t.Errorf("err = %v, want the place in it", err)
					}
				case err != nil:
					t.Fatal(err)
				default:
					got = append(got, rec.Span.Name)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadReportsHalfAGzipFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole := zipped(t, strings.Repeat("{\"name\":\"a\"}\n", 10_000))
	write(t, filepath.Join(dir, "trace.20261120.123131.log.gz"), whole[:len(whole)/2])
	write(t, filepath.Join(dir, "trace.20261120.123132.log.gz"), "no gzip at all")
	write(t, filepath.Join(dir, "trace.log"), "{\"name\":\"b\"}\n")
	good, bad, last := 0, 0, ""
	for rec, err := range readback.Read(dir) {
		if err != nil {
			bad++
			continue
		}
		good, last = good+1, rec.Span.Name
	}
	if good < 100 || bad != 2 || last != "b" {
		t.Errorf("%d spans, %d errors, last is %q; want many, 2, b", good, bad, last)
	}
}

func TestReadADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"b.log":                        "b3\n",
		"b.20261120.123131.log":        "b0\n",
		"b.20261120.123131.2.log":      "b1\n",
		"b.20261120.123131.10.log.gz":  zipped(t, "b2\n"),
		"b.20261120.123131.10.log":     "b2\n", // and its original
		"a":                            "a1\n",
		"a.20261120.123131":            "a0\n",
		"b.log.lock":                   "123\n",
		"b.log.torn":                   "half\n",
		"b.20261120.123132.log.gz.tmp": "half",
	} {
		write(t, filepath.Join(dir, name), content)
	}
	if err := os.Mkdir(filepath.Join(dir, "c.log"), 0o700); err != nil {
		t.Fatal(err)
	}
	want := []string{"a0", "a1", "b0", "b1", "b2", "b3"}
	if diff := cmp.Diff(want, readNames(t, dir)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	var first []string
	for rec, err := range readback.Read(dir) {
		if err != nil {
			t.Fatal(err)
		}
		if first = append(first, string(rec.Raw)); len(first) == 3 {
			break
		}
	}
	if diff := cmp.Diff(want[:3], first); diff != "" {
		t.Errorf("lines until break (-want +got):\n%s", diff)
	}
}

func TestReadOfNothingIsAnError(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"none", "trace.20261120.123131.log", "none.gz"} {
		n := 0
		for _, err := range readback.Read(filepath.Join(t.TempDir(), name)) {
			if n++; !errors.Is(err, os.ErrNotExist) {
				t.Errorf("err = %v, want os.ErrNotExist", err)
			}
		}
		if n != 1 {
			t.Errorf("%d iterations, want one with an error", n)
		}
	}
}

// TestReadWhileWritingConcurrentSafe reads while files are rotated and compressed: each
// pass has the spans from the first one on without a gap.
func TestReadWhileWritingConcurrentSafe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	e := open(t, path, file.WithEncoder(line{}), file.WithMaxLines(5), file.WithCompression())
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for n := 0; n < 3000; n += 2 { // more files would only make each pass longer
			select {
			case <-stop:
				return
			default:
				export(t, e, spans(n, n+2)...)
			}
		}
	})
	most := 0
	for pass := 0; pass < 20 || most < 200; pass++ { // the writer never stops before
		n := 0
		for rec, err := range readback.Read(path) {
			if err != nil {
				t.Errorf("Read: %v", err)
				break
			}
			if want := fmt.Sprintf("span-%d", n); string(rec.Raw) != want {
				t.Errorf("%s:%d is %q, want %q", rec.Path, rec.Line, rec.Raw, want)
				break
			}
			n++
		}
		most = max(most, n)
		if t.Failed() {
			break
		}
	}
	close(stop)
	wg.Wait()
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "{\"name\":\"a\"}\n", "---\nname: a\n", "text\n", "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{}]}]}]}\n",
		"{\"resourceSpans\":[1,{\"scopeSpans\":[{\"spans\":[{\"attributes\":[{\"key\":\"a\",\"value\":{\"arrayValue\":{\"values\":[{}]}}}]}]}]}]}",
		"---\na: &a [*a]\n", "---\n!!binary x\n---\n<<: 1\n", strings.Repeat("[", 20_000), "{\"start\":1e400}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const most = 1000
		for _, name := range []string{"trace.log", "trace.log.gz"} {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			n := 0
			for rec, err := range readback.Read(path, readback.WithMaxRecord(most)) {
				if n++; n > 100*len(data)+100 {
					t.Fatal("more records than bytes")
				}
				if len(rec.Raw) > most {
					t.Errorf("a record of %d bytes, the most is %d", len(rec.Raw), most)
				}
				if err == nil && !bytes.Contains(data, rec.Raw) && !strings.HasSuffix(name, ".gz") {
					t.Errorf("record %q isn't in the file", rec.Raw)
				}
			}
		}
	})
}

// Files of the SpirentOrion recorder, and nanoseconds as texts, are read, too.
func TestReadWhatOthersHaveWritten(t *testing.T) {
	t.Parallel()
	at := time.Unix(0, 1764441123456789017)
	for content, want := range map[string]readback.Span{
		"---\nspan_id: 22\ntrace_id: 11\nparent_id: 0\nprocess: main:1@host\nkind: request\nname: GET /foo/bar\nstart: 2015-03-17T14:10:47.029653905-04:00\nfinish: 2015-03-17T14:10:48.029653905-04:00\nuser: 7\n": {
			TraceID: trace.TraceID{15: 11}, ID: trace.SpanID{7: 22}, Kind: "request", Name: "GET /foo/bar",
			Start: time.Unix(1426615847, 29653905), End: time.Unix(1426615848, 29653905),
			Attributes: map[string]any{"user": int64(7)}, Other: map[string]any{"process": "main:1@host"},
		},
		`{"trace_id":"0000000000000000000000000000000b","span_id":"0000000000000016","parent_span_id":"0000000000000003","name":"n","start_time_unix_nano":"1764441123456789017","end_time_unix_nano":"1764441123456789018"}` + "\n": {
			TraceID: trace.TraceID{15: 11}, ID: trace.SpanID{7: 22}, Parent: trace.SpanID{7: 3}, Name: "n", Start: at, End: at.Add(1),
		},
	} {
		path := filepath.Join(t.TempDir(), "trace.log")
		write(t, path, content)
		for rec, err := range readback.Read(path) {
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, rec.Span); diff != "" {
				t.Errorf("%s (-want +got):\n%s", content, diff)
			}
		}
	}
}
