package otelbridge_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

const module = "github.com/tracehook/tracehook/"

// dependencies returns the packages that a program with these imports is built of.
func dependencies(t *testing.T, packages ...string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps"}, packages...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return strings.Fields(string(out))
}

// Each door opens alone: who wants a hook, or a console and a file, links nothing else. The
// numbers are in docs/benchmarks.md.
func TestDoorsLinkWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for _, door := range []struct {
		name      string
		packages  []string
		most      int
		forbidden []string
	}{
		{"the hook", []string{module + "otelbridge/otelhook"}, 230, []string{"otel/sdk", module + "config", module + "processor", module + "exporter"}},
		{"a Bridge without drivers", []string{module + "otelbridge/bridge"}, 300, []string{"grpc", "protobuf", "otlp", module + "exporter/console", module + "exporter/file"}},
		{
			"a Bridge with console and file",
			[]string{module + "otelbridge/bridge", module + "exporter/console", module + "exporter/file"},
			310, []string{"grpc", "protobuf", "proto/otlp", "exporters/otlp", module + "exporter/otlp", module + "exporter/greptime"},
		},
		{"everything", []string{module + "otelbridge"}, 465, nil},
	} {
		t.Run(door.name, func(t *testing.T) {
			t.Parallel()
			all := dependencies(t, door.packages...)
			t.Logf("%d packages", len(all))
			if len(all) > door.most {
				t.Errorf("%d packages, want at most %d", len(all), door.most)
			}
			for _, p := range all {
				for _, word := range door.forbidden {
					if strings.Contains(p, word) {
						t.Errorf("it links %s", p)
					}
				}
			}
		})
	}
}

// Every package below exporter that is a driver is one of otelbridge.
func TestEveryDriverIsThere(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../exporter/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	drivers := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "\nfunc Driver() exporter.Driver {") {
			continue
		}
		drivers++
		name := filepath.Base(filepath.Dir(file))
		cfg, err := config.Parse([]byte("[trace.c]\ndriver = \""+name+"\"\n"), "toml")
		if err != nil {
			t.Fatal(err)
		}
		if err := otelbridge.Check(cfg); err != nil && strings.Contains(err.Error(), "unknown driver") {
			t.Error(err)
		}
	}
	if drivers < 8 {
		t.Errorf("only %d drivers found", drivers)
	}
}
