package exporter_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

func driver() exporter.Driver {
	return exporter.Driver{New: func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return nil, nil }}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	r := exporter.NewRegistry()
	for _, name := range []string{"file", "console", "otlp"} {
		if err := r.Register(name, driver()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"console", "file", "otlp"}, r.Names()); diff != "" {
		t.Errorf("Names (-want +got):\n%s", diff)
	}
	if _, ok := r.Lookup("file"); !ok {
		t.Error("file isn't found")
	}
	if _, ok := r.Lookup("File"); ok {
		t.Error("File is found: names are exact")
	}
	if got := r.Nearest("flie"); got != "file" {
		t.Errorf("nearest to flie is %q, want file", got)
	}
	for name, want := range map[string]string{"": "needs a name", "file": `"file" is registered already`} {
		if err := r.Register(name, driver()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Register(%q) returned %v, want %q", name, err, want)
		}
	}
	if err := r.Register("empty", exporter.Driver{}); err == nil || !strings.Contains(err.Error(), `"empty" has no factory`) {
		t.Errorf("a driver without factory: %v", err)
	}
}

func TestRegistryZeroValue(t *testing.T) {
	t.Parallel()
	var r exporter.Registry
	if _, ok := r.Lookup("x"); ok || len(r.Names()) != 0 {
		t.Error("the zero Registry isn't empty")
	}
	if err := r.Register("x", driver()); err != nil {
		t.Error(err)
	}
}

func TestRegistryConcurrentSafe(t *testing.T) {
	t.Parallel()
	r := exporter.NewRegistry()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				if err := r.Register(fmt.Sprintf("d%d.%d", i, n), driver()); err != nil {
					t.Error(err)
				}
				_ = r.Names()
				_, _ = r.Lookup("d0.0")
			}
		})
	}
	wg.Wait()
	if got := len(r.Names()); got != 400 {
		t.Errorf("%d drivers, want 400", got)
	}
}

func ExampleRegistry() {
	r := exporter.NewRegistry()
	_ = r.Register("console", driver())
	if _, ok := r.Lookup("consle"); !ok {
		fmt.Printf("no such driver, did you mean %q?\n", r.Nearest("consle"))
	}
	// Output: no such driver, did you mean "console"?
}

func ExampleSettings_Table() {
	s := exporter.Settings{Setting: map[string]any{"maxsize": "10QB", "pth": "trace.log"}}
	t := s.Table("setting")
	_ = t.Size(100<<20, 1, "maxsize")
	_ = t.String("trace.log", "path", "file")
	fmt.Println(t.Err())
	// Output:
	// setting.maxsize: "10QB" is not a size such as "100MB", or a number of bytes
	// setting.pth: unknown key, did you mean "path"?
}
