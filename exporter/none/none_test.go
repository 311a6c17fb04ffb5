package none_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/none"
	"github.com/tracehook/tracehook/setting"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	d, of := watched()
	exportertest.RunDriver(t, exportertest.DriverSubject{
		Driver:   d,
		Settings: func(testing.TB) exporter.Settings { return exporter.Settings{Stdout: &bytes.Buffer{}} },
		Count:    func(_ testing.TB, s exporter.Settings) int { return int(of(s).Count()) },
		Ignores:  []string{"fields", "format", "json"}, // they would have nothing to be seen in
	})
}

// watched is the driver, which remembers its exporters by their settings.
func watched() (d exporter.Driver, of func(s exporter.Settings) *none.Exporter) {
	d = none.Driver()
	var made sync.Map
	inner := d.New
	d.New = func(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
		e, err := inner(ctx, s)
		made.Store(s.Stdout, e)
		return e, err
	}
	return d, func(s exporter.Settings) *none.Exporter {
		e, _ := made.Load(s.Stdout)
		return e.(*none.Exporter) //nolint:errcheck // New returns nothing else
	}
}

func TestDriverHasNoSettings(t *testing.T) {
	t.Parallel()
	d := none.Driver()
	if !d.Local || d.Network {
		t.Errorf("Local %v, Network %v; want true, false", d.Local, d.Network)
	}
	wrong := exporter.Settings{Setting: map[string]any{"level": "x"}}
	var key setting.Problem
	if err := d.Check(wrong); !errors.As(err, &key) || key.Path != "setting.level" {
		t.Errorf("Check returned %v, want a Problem of setting.level", err)
	}
	if _, err := d.New(t.Context(), wrong); err == nil {
		t.Error("New accepted what Check refuses")
	}
	e, err := d.New(t.Context(), exporter.Settings{})
	if err != nil || e == nil {
		t.Errorf("New returned %v, %v", e, err)
	}
}

func Example() {
	e := none.New()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(e))
	for range 3 {
		_, span := tp.Tracer("example").Start(context.Background(), "work")
		span.End()
	}
	fmt.Println(e.Count())
	// Output: 3
}
