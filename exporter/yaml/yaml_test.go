package yaml_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	goyaml "go.yaml.in/yaml/v3"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/yaml"
	"github.com/tracehook/tracehook/setting"
)

func spans() tracetest.SpanStubs {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 2}, TraceFlags: trace.FlagsSampled})
	return tracetest.SpanStubs{{Name: "GET /foo", SpanContext: sc, Attributes: []attribute.KeyValue{
		attribute.String("name", "clashes with a field"), attribute.Int("answer", 42),
	}}}
}

func TestDriverWritesAStreamThatAYAMLLibraryReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := yaml.Driver()
	s := exporter.Settings{Connection: "y", JSON: true, Setting: map[string]any{"store": dir}}
	if err := d.Check(s); err != nil {
		t.Fatal(err)
	}
	e, err := d.New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := e.ExportSpans(t.Context(), spans().Snapshots()); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "trace.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	documents := 0
	for dec := goyaml.NewDecoder(strings.NewReader(string(data))); ; documents++ {
		var doc map[string]any
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, data)
		}
		if doc["name"] != "GET /foo" || fmt.Sprint(doc["answer"]) != "42" {
			t.Errorf("document %d is %v", documents, doc)
		}
	}
	if documents != 2 {
		t.Errorf("%d documents, want 2", documents)
	}
}

func TestDriverRefusesAnotherEncoding(t *testing.T) {
	t.Parallel()
	var key setting.Problem
	err := yaml.Driver().Check(exporter.Settings{Setting: map[string]any{"encoding": "json"}})
	if !errors.As(err, &key) || key.Path != "setting.encoding" {
		t.Errorf("got %v, want a problem at setting.encoding", err)
	}
	refused := exporter.Settings{Setting: map[string]any{"encoding": "json", "path": filepath.Join(t.TempDir(), "x.yaml")}}
	if _, err := yaml.Driver().New(t.Context(), refused); !errors.As(err, &key) || key.Path != "setting.encoding" {
		t.Errorf("New returned %v, want a problem at setting.encoding", err)
	}
	if claims := yaml.Driver().Claims(refused); claims != nil {
		t.Errorf("settings that are refused claim %q", claims)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	read := func(tb testing.TB, s exporter.Settings) string {
		tb.Helper()
		data, err := os.ReadFile(fmt.Sprint(s.Setting["path"]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			tb.Fatal(err)
		}
		return string(data)
	}
	for _, ids := range []string{"hex", "decimal"} {
		t.Run(ids, func(t *testing.T) {
			t.Parallel()
			exportertest.RunDriver(t, exportertest.DriverSubject{
				Driver: yaml.Driver(),
				Settings: func(tb testing.TB) exporter.Settings {
					tb.Helper()
					return exporter.Settings{Setting: map[string]any{"path": filepath.Join(tb.TempDir(), "trace.yaml"), "ids": ids}}
				},
				Count: func(tb testing.TB, s exporter.Settings) int {
					tb.Helper()
					return strings.Count("\n"+read(tb, s), "\n---\n")
				},
				Output:  read,
				Ignores: []string{"json"}, // YAML is what the driver writes
			})
		})
	}
}

func ExampleDriver() {
	claims := yaml.Driver().Claims(exporter.Settings{Setting: map[string]any{"path": "/var/log/trace.yaml"}})
	fmt.Println(claims)
	// Output: [file:/var/log/trace.yaml]
}

// recorded is a span as the SpirentOrion recorder's readers have it.
type recorded struct {
	SpanID   int64     `yaml:"span_id"`
	TraceID  int64     `yaml:"trace_id"`
	ParentID int64     `yaml:"parent_id"`
	Process  string    `yaml:"process"`
	Kind     string    `yaml:"kind"`
	Name     string    `yaml:"name"`
	Start    time.Time `yaml:"start"`
	Finish   time.Time `yaml:"finish"`
}

func TestDecimalIDsAreReadByTheRecordersReaders(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.yaml")
	s := exporter.Settings{Setting: map[string]any{"path": path, "ids": "decimal"}}
	if err := yaml.Driver().Check(s); err != nil {
		t.Fatal(err)
	}
	e, err := yaml.Driver().New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	root := spans()[0]
	root.StartTime, root.EndTime = time.Unix(1, 5), time.Unix(2, 0)
	child := root
	child.SpanContext = root.SpanContext.WithSpanID(trace.SpanID{0xff, 7: 3})
	child.Parent = root.SpanContext
	if err := e.ExportSpans(t.Context(), tracetest.SpanStubs{root, child}.Snapshots()); err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []recorded{
		{SpanID: 2, TraceID: 1, Kind: "internal", Name: "GET /foo", Start: time.Unix(1, 5).UTC(), Finish: time.Unix(2, 0).UTC()},
		{SpanID: 0x7f<<56 + 3, TraceID: 1, ParentID: 2, Kind: "internal", Name: "GET /foo", Start: time.Unix(1, 5).UTC(), Finish: time.Unix(2, 0).UTC()},
	}
	dec := goyaml.NewDecoder(strings.NewReader(string(data)))
	for i, want := range want {
		var got recorded
		if err := dec.Decode(&got); err != nil {
			t.Fatalf("%v in\n%s", err, data)
		}
		if want.Process = got.Process; !strings.Contains(got.Process, "@") || got != want {
			t.Errorf("document %d is %+v, want %+v", i, got, want)
		}
	}
	i := 0
	for rec, err := range readback.Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		parent := trace.SpanID{}
		binary.BigEndian.PutUint64(parent[:], uint64(want[i].ParentID))
		if rec.Span.TraceID != (trace.TraceID{15: 1}) || rec.Span.Parent != parent || !rec.Span.ID.IsValid() {
			t.Errorf("document %d reads back as %+v", i, rec.Span)
		}
		i++
	}
	if i != 2 {
		t.Errorf("%d documents read back", i)
	}
}

func TestIDsAreNumbersInYAMLOnly(t *testing.T) {
	t.Parallel()
	err := file.Driver().Check(exporter.Settings{Setting: map[string]any{"path": filepath.Join(t.TempDir(), "x.log"), "ids": "decimal"}})
	if err == nil || !strings.Contains(err.Error(), "setting.ids") || !strings.Contains(err.Error(), "yaml") {
		t.Errorf("Check = %v, want a problem of setting.ids", err)
	}
}
