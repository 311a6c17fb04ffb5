package otelbridge_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/test/otlptest"
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

// TestBurstsArriveWhole sends bursts from one tight loop to a healthy receiver: by the SDK's own batcher
// and exporter, by a connection and by one that only the environment describes, each with its defaults.
func TestBurstsArriveWhole(t *testing.T) {
	t.Parallel()
	sdk := func(r *otlptest.Receiver) (trace.TracerProvider, func(context.Context) error) {
		e, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(r.URL()))
		if err != nil {
			t.Fatal(err)
		}
		tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e))
		return tp, tp.Shutdown
	}
	ours := func(cfg config.Config) (trace.TracerProvider, func(context.Context) error) {
		b, err := otelbridge.New(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		return b.TracerProvider(), b.Shutdown
	}
	t.Log("| burst | SDK | driver = \"otlp\" | environment only |")
	for _, n := range []int{1000, 2000, 10_000} {
		arrived := func(provider func(*otlptest.Receiver) (trace.TracerProvider, func(context.Context) error)) int {
			r := otlptest.NewHTTP(t)
			tp, shutdown := provider(r)
			endAll(t, tp.Tracer("burst"), 1, n)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := shutdown(ctx); err != nil {
				t.Errorf("a burst of %d: %v", n, err)
			}
			return len(r.Spans())
		}
		theirs := arrived(sdk)
		driver := arrived(func(r *otlptest.Receiver) (trace.TracerProvider, func(context.Context) error) {
			return ours(parse(t, "[trace]\ndriver = \"otlp\"\nsetting = { endpoint = %q }\n", "http://"+r.Address()))
		})
		environment := arrived(func(r *otlptest.Receiver) (trace.TracerProvider, func(context.Context) error) {
			cfg, err := config.FromMap(nil, config.WithEnviron(func() []string { return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + r.Address()} }))
			if err != nil {
				t.Fatal(err)
			}
			return ours(cfg)
		})
		t.Logf("| %d | %d | %d | %d |", n, theirs, driver, environment)
		if driver != n || environment != n || theirs > n {
			t.Errorf("of a burst of %d arrived %d by the SDK, %d by a connection, %d by the environment", n, theirs, driver, environment)
		}
	}
}
