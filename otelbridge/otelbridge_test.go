package otelbridge_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
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
		others    int // of the packages, at most so many of other modules and the standard library
		forbidden []string
	}{
		{"the contract", []string{strings.TrimSuffix(module, "/")}, 60, 60, []string{"opentelemetry", module + "internal"}},
		{"the hook", []string{module + "otelbridge/otelhook"}, 230, 220, []string{"otel/sdk", module + "config", module + "processor", module + "exporter"}},
		{"a Bridge without drivers", []string{module + "otelbridge/bridge"}, 275, 260, []string{"grpc", "protobuf", "otlp", module + "exporter/console", module + "exporter/file"}},
		{
			"a Bridge with console and file",
			[]string{module + "otelbridge/bridge", module + "exporter/console", module + "exporter/file"},
			290, 265,
			[]string{"grpc", "protobuf", "proto/otlp", "exporters/otlp", module + "exporter/otlp", module + "exporter/greptime"},
		},
		{
			"a Bridge with every driver of ours for the network",
			[]string{module + "otelbridge/bridge", module + "exporter/otlp", module + "exporter/greptime", module + "exporter/page"},
			430, 390,
			[]string{"grpc-gateway", "exporters/otlp", "proto/otlp/collector"},
		},
		{"everything", []string{module + "otelbridge"}, 460, 425, nil},
	} {
		t.Run(door.name, func(t *testing.T) {
			t.Parallel()
			all := dependencies(t, door.packages...)
			t.Logf("%d packages", len(all))
			if others := len(slices.DeleteFunc(slices.Clone(all), func(p string) bool { return strings.HasPrefix(p, module) })); others > door.others {
				t.Errorf("%d packages of others, want at most %d", others, door.others)
			}
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

// Programs are no larger than docs/benchmarks.md says. What one weighs depends on the platform, so
// one is measured. slices.SortFunc is compiled for each type of struct that it sorts, which takes up
// to 50 KB; all pointers share one, and all of sort.Slice another.
func TestProgramsAreSmall(t *testing.T) {
	t.Parallel()
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		t.Skip("the limits are those of linux/amd64")
	}
	for _, program := range []struct {
		name, source   string
		most, stripped int64 // bytes as built, and with -ldflags="-s -w"
	}{
		{"the hook", `package main

import (
	"go.opentelemetry.io/otel"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

func main() {
	tracehook.Attach(otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](otel.GetTracerProvider()))
	tracehook.NewMeta().Begin("work").End()
}
`, 7_000_000, 5_000_000},
		{"console and file", `package main

import (
	"context"
	"os"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/console"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/otelbridge/bridge"
)

func main() {
	b, err := bridge.Open(context.Background(), os.Args[1], bridge.WithDrivers(func() map[string]exporter.Driver {
		return map[string]exporter.Driver{"console": console.Driver(), "file": file.Driver()}
	}))
	if err != nil {
		panic(err)
	}
	b.Install()
	_ = b.Shutdown(context.Background())
}
`, 12_000_000, 8_500_000},
		{"everything", `package main

import (
	"context"
	"os"

	"github.com/tracehook/tracehook/otelbridge"
)

func main() {
	b, err := otelbridge.Open(context.Background(), os.Args[1])
	if err != nil {
		panic(err)
	}
	b.Install()
	_ = b.Shutdown(context.Background())
}
`, 28_500_000, 20_000_000},
	} {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
			if err := os.WriteFile(source, []byte(program.source), 0o600); err != nil {
				t.Fatal(err)
			}
			for flags, most := range map[string]int64{"": program.most, "-s -w": program.stripped} {
				if out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags", flags, "-o", binary, source).CombinedOutput(); err != nil {
					t.Fatalf("go build: %v\n%s", err, out)
				}
				info, err := os.Stat(binary)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("-ldflags %q: %d bytes", flags, info.Size())
				if info.Size() > most {
					t.Errorf("built with -ldflags %q it has %d bytes, want at most %d", flags, info.Size(), most)
				}
			}
		})
	}
}

// Every package of this module below exporter that is a driver is one of otelbridge.
func TestEveryDriverIsThere(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../exporter/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	drivers := 0
	for _, file := range files {
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), "go.mod")); err == nil {
			continue // a module of its own
		}
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
