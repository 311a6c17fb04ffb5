package file_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/file"
)

// rotatedFiles writes spans, an awkward one among them, and returns all files.
func rotatedFiles(t *testing.T, kind string) []string {
	t.Helper()
	dir := t.TempDir()
	encoder, err := encode.New(kind, exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, filepath.Join(dir, "trace.log"), file.WithEncoder(encoder), file.WithMaxSize(3000))
	for n := range 10 {
		export(t, e, span(n), rich())
	}
	shut(t, e)
	list, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(list) < 3 {
		t.Fatalf("files = %q, %v", list, err)
	}
	return list
}

func TestJSONPackageReadsLines(t *testing.T) {
	t.Parallel()
	for kind, key := range map[string]string{"json": "name", "otlp": "resourceSpans"} {
		n := 0
		for _, path := range rotatedFiles(t, kind) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			d := json.NewDecoder(f)
			for {
				var v map[string]any
				if err := d.Decode(&v); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				if _, ok := v[key]; !ok {
					t.Errorf("%s: no %q in %v", path, key, v)
				}
				n++
			}
			_ = f.Close()
		}
		if want := map[string]int{"json": 20, "otlp": 10}[kind]; n != want {
			t.Errorf("%d lines of %s, want %d", n, kind, want)
		}
	}
}

func TestJQReadsLines(t *testing.T) {
	t.Parallel()
	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("there is no jq on this machine: nobody else has read our files")
	}
	for kind, program := range map[string]string{
		"json": ".attributes.n",
		"otlp": ".resourceSpans[].scopeSpans[].spans[].attributes[] | select(.key == \"n\") | .value.intValue | tonumber",
	} {
		out, err := exec.CommandContext(t.Context(), jq, append([]string{program}, rotatedFiles(t, kind)...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("jq: %v\n%s", err, out)
		}
		got := strings.Fields(string(out))
		if len(got) != 20 || !slices.Contains(got, "9") {
			t.Errorf("jq found %q in %s, want 20 numbers", got, kind)
		}
	}
}

func TestYAMLLibraryReadsDocuments(t *testing.T) {
	t.Parallel()
	n, forged := 0, 0
	for _, path := range rotatedFiles(t, "yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		d := yaml.NewDecoder(bytes.NewReader(data))
		for {
			var v map[string]any
			if err := d.Decode(&v); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if n++; v["name"] == rich().Name() {
				forged++
			}
		}
	}
	if n != 20 || forged != 10 {
		t.Errorf("%d documents, %d with an awkward name, want 20 and 10", n, forged)
	}
}
