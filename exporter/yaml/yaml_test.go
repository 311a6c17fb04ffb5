package yaml_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	goyaml "go.yaml.in/yaml/v3"

	"github.com/tracehook/tracehook/exporter"
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

func ExampleDriver() {
	claims := yaml.Driver().Claims(exporter.Settings{Setting: map[string]any{"path": "/var/log/trace.yaml"}})
	fmt.Println(claims)
	// Output: [file:/var/log/trace.yaml]
}
