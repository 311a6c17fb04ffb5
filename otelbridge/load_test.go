package otelbridge_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

func parse(t *testing.T, text string, args ...any) config.Config {
	t.Helper()
	cfg, err := config.Parse(fmt.Appendf(nil, text, args...), "toml")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// endAll ends spans in a loop on so many goroutines.
func endAll(t *testing.T, tracer trace.Tracer, goroutines, each int) {
	t.Helper()
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for range each {
				_, span := tracer.Start(t.Context(), "load")
				span.End()
			}
		})
	}
	group.Wait()
}

// TestManyGoroutinesLoseNothingIntoAFile runs the file driver with its defaults.
func TestManyGoroutinesLoseNothingIntoAFile(t *testing.T) {
	t.Parallel()
	for _, goroutines := range []int{4, 64, 256, 1024, 4096} {
		path := filepath.Join(t.TempDir(), "trace.log")
		b, err := otelbridge.New(t.Context(), parse(t, "[trace]\ndriver = \"file\"\nsetting = { path = %q }\n", path))
		if err != nil {
			t.Fatal(err)
		}
		each := max(2, 8192/goroutines)
		endAll(t, b.TracerProvider().Tracer("load"), goroutines, each)
		if err := b.Shutdown(t.Context()); err != nil {
			t.Errorf("%d goroutines: %v", goroutines, err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := bytes.Count(data, []byte("\n")), goroutines*each; got != want {
			t.Errorf("%d goroutines: %d of %d spans are in the file; %+v", goroutines, got, want, b.Stats().Counters)
		}
	}
}

// TestBurstsArriveWhole sends bursts from one tight loop, with defaults, to a healthy receiver.
func TestBurstsArriveWhole(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(receiver.Close)
	for _, n := range []int{1000, 2000, 10_000} {
		b, err := otelbridge.New(t.Context(), parse(t, "[trace]\ndriver = \"otlp\"\nsetting = { endpoint = %q }\n", receiver.URL))
		if err != nil {
			t.Fatal(err)
		}
		endAll(t, b.TracerProvider().Tracer("burst"), 1, n)
		if err := b.Shutdown(t.Context()); err != nil {
			t.Errorf("a burst of %d: %v", n, err)
		}
		if c := b.Stats(); c.Exported != int64(n) || c.SampledOut != 0 {
			t.Errorf("%d of a burst of %d arrived: %+v", c.Exported, n, c.Counters)
		}
	}
}
