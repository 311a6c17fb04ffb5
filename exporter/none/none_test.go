package none_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/none"
	"github.com/tracehook/tracehook/setting"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	exportertest.Run(t, exportertest.Subject{
		New:   func(testing.TB) sdktrace.SpanExporter { return none.New() },
		Count: func(e sdktrace.SpanExporter) int { return int(e.(*none.Exporter).Count()) }, //nolint:errcheck // New returns nothing else
	})
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
