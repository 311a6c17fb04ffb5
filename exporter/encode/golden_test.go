package encode_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/exportertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain puts the process into a time zone that isn't UTC, so that local time shows.
func TestMain(m *testing.M) {
	flag.Parse()
	time.Local = time.FixedZone("UTC+2", 2*60*60)
	os.Exit(m.Run()) //nolint:forbidigo // the tests end here
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	identity := exporter.Identity{Project: "store", Profile: "test", Node: "n1"}
	mapped := []exporter.FieldMapping{
		{Source: "trace_id", Target: "tid"},
		{Source: "timestamp", Target: "ts"},
		{Source: "span_name", Target: "op"},
		{Source: "costMs", Target: "cost"},
		{Source: "attributes.vip", Target: "vip"},
		{Source: "resource", Target: "who"},
		{Source: "time", Target: "when"},
		{Source: "attributes", Target: "odd \"name\""},
	}
	tests := []struct {
		name, kind string
		settings   exporter.Settings
	}{
		{"json", "json", exporter.Settings{Identity: identity}},
		{"json_mapped", "json", exporter.Settings{Fields: mapped}},
		{"json_flag", "json", exporter.Settings{Flag: "green", Identity: exporter.Identity{Role: "worker"}}},
		{"text", "text", exporter.Settings{}},
		{"text_format", "text", exporter.Settings{
			Format: "%ts%|%tid%|100%%|50% of|%status%|%result%|%attributes%|%attributes.vip%|%attributes.broken%|%parent_id%|%trace_state%|%span_name%",
			Fields: mapped,
		}},
		{"otlp", "otlp", exporter.Settings{}},
		{"otlp_mapped", "otlp", exporter.Settings{Fields: mapped}},
		{"yaml", "yaml", exporter.Settings{}},
		{"yaml_mapped", "yaml", exporter.Settings{Fields: mapped}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e, err := encode.New(test.kind, test.settings)
			if err != nil {
				t.Fatal(err)
			}
			if y, ok := e.(*encode.YAML); ok {
				y.SetProcess("shop:42@host")
			}
			if e.Kind() != test.kind {
				t.Errorf("Kind %q, want %q", e.Kind(), test.kind)
			}
			golden(t, test.name, e.Append(nil, exportertest.Spans()))
		})
	}
}
