package tracehook_test

import (
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every package that a program can import has an example.
func TestEveryPackageHasAnExample(t *testing.T) {
	t.Parallel()
	packages := 0
	for _, dir := range slices.Sorted(maps.Keys(directories(t))) {
		parts := strings.Split(dir, "/")
		if slices.Contains(parts, "internal") || slices.Contains([]string{"examples", "bench", "cmd", "docs", "test"}, parts[0]) {
			continue
		}
		packages++
		files, err := filepath.Glob(path.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), "\nfunc Example")
		}
		if !found {
			t.Errorf("%s has no example: write the shortest program that is of use", dir)
		}
	}
	if packages < 30 {
		t.Errorf("%d packages", packages)
	}
}

// Who imports this module gets no dependencies of the modules below it: neither a cloud's, nor a database's,
// nor a Collector's.
func TestTheModuleIsLight(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	if len(modules) < 30 {
		t.Fatalf("the graph has %q", modules)
	}
	for _, module := range modules {
		for _, heavy := range []string{"github.com/aws/", "nats-io", "sqlite", "go.opentelemetry.io/collector", "opentelemetry-collector", "chromedp"} {
			if strings.Contains(module, heavy) {
				t.Errorf("the module graph has %s", module)
			}
		}
	}
}
