package memory_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/setting"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	d, of := watched()
	exportertest.RunDriver(t, exportertest.DriverSubject{
		Driver:   d,
		Settings: func(testing.TB) exporter.Settings { return exporter.Settings{Stdout: &bytes.Buffer{}} },
		Count:    func(_ testing.TB, s exporter.Settings) int { return of(s).Len() },
		Ignores:  []string{"fields", "format", "json"}, // they would have nothing to be seen in
	})
}

// watched is the driver, which remembers its exporters by their settings.
func watched() (d exporter.Driver, of func(s exporter.Settings) *memory.Exporter) {
	d = memory.Driver()
	var made sync.Map
	inner := d.New
	d.New = func(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
		e, err := inner(ctx, s)
		made.Store(s.Stdout, e)
		return e, err
	}
	return d, func(s exporter.Settings) *memory.Exporter {
		e, _ := made.Load(s.Stdout)
		return e.(*memory.Exporter) //nolint:errcheck // New returns nothing else
	}
}

func ids(spans []sdktrace.ReadOnlySpan) []string {
	var list []string
	for _, s := range spans {
		list = append(list, s.SpanContext().SpanID().String()[14:])
	}
	return list
}

func TestSpansKeepsTheLatest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		limit   int
		batches []int
		want    []string
		forgot  int64
	}{
		{"nothing", 3, nil, nil, 0},
		{"below the limit", 3, []int{2}, []string{"01", "02"}, 0},
		{"at the limit", 3, []int{3}, []string{"01", "02", "03"}, 0},
		{"beyond it within a batch", 3, []int{5}, []string{"03", "04", "05"}, 2},
		{"beyond it in two batches", 3, []int{2, 2}, []string{"02", "01", "02"}, 1},
		{"many times around", 2, []int{7}, []string{"06", "07"}, 5},
		{"one", 1, []int{4}, []string{"04"}, 3},
		{"no limit", 0, []int{4}, []string{"01", "02", "03", "04"}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := memory.New(memory.WithLimit(test.limit))
			for _, n := range test.batches {
				if err := e.ExportSpans(t.Context(), exportertest.Many(n)); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(test.want, ids(e.Spans())); diff != "" {
				t.Errorf("Spans (-want +got):\n%s", diff)
			}
			if e.Len() != len(test.want) || e.Forgotten() != test.forgot {
				t.Errorf("Len %d, Forgotten %d; want %d, %d", e.Len(), e.Forgotten(), len(test.want), test.forgot)
			}
		})
	}
}

func TestClearForgetsAll(t *testing.T) {
	t.Parallel()
	e := memory.New(memory.WithLimit(2))
	for range 2 {
		if err := e.ExportSpans(t.Context(), append(exportertest.Many(3), nil)); err != nil {
			t.Fatal(err)
		}
	}
	e.Clear()
	if e.Len() != 0 || e.Forgotten() != 0 || len(e.Spans()) != 0 {
		t.Errorf("after Clear: Len %d, Forgotten %d, %d spans", e.Len(), e.Forgotten(), len(e.Spans()))
	}
	if err := e.ExportSpans(t.Context(), exportertest.Many(1)); err != nil || e.Len() != 1 {
		t.Errorf("after Clear, an export kept %d spans, error %v", e.Len(), err)
	}
}

func TestSpansIsACopy(t *testing.T) {
	t.Parallel()
	e := memory.New()
	if err := e.ExportSpans(t.Context(), exportertest.Many(2)); err != nil {
		t.Fatal(err)
	}
	clear(e.Spans())
	if got := e.Spans(); got[0] == nil {
		t.Error("clearing the returned slice cleared what is kept")
	}
}

func TestSpansAreWhole(t *testing.T) {
	t.Parallel()
	e := memory.New()
	if err := e.ExportSpans(t.Context(), exportertest.Spans()); err != nil {
		t.Fatal(err)
	}
	got, want := e.Stubs()[2], exportertest.Stubs()[2]
	if diff := cmp.Diff(want.Status, got.Status); diff != "" {
		t.Errorf("Status (-want +got):\n%s", diff)
	}
	if len(got.Events) != len(want.Events) || len(got.Links) != len(want.Links) || len(got.Attributes) != len(want.Attributes) {
		t.Errorf("%d events, %d links, %d attributes; want %d, %d, %d", len(got.Events), len(got.Links),
			len(got.Attributes), len(want.Events), len(want.Links), len(want.Attributes))
	}
}

func TestDriverReadsItsLimit(t *testing.T) {
	t.Parallel()
	d := memory.Driver()
	e, err := d.New(t.Context(), exporter.Settings{Setting: map[string]any{"limit": int64(2)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(t.Context(), exportertest.Many(5)); err != nil {
		t.Fatal(err)
	}
	if m, ok := e.(*memory.Exporter); !ok || m.Len() != 2 {
		t.Errorf("the driver's exporter keeps %v, want 2", e)
	}
	for _, wrong := range []any{int64(0), int64(-1), "many", 1.5} {
		s := exporter.Settings{Setting: map[string]any{"limit": wrong}}
		var key setting.Problem
		if err := d.Check(s); !errors.As(err, &key) || key.Path != "setting.limit" {
			t.Errorf("limit = %v: Check returned %v", wrong, err)
		}
		if _, err := d.New(t.Context(), s); err == nil {
			t.Errorf("limit = %v: New accepted it", wrong)
		}
	}
}

func Example() {
	e := memory.New()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(e))
	_, span := tp.Tracer("example").Start(context.Background(), "pay")
	span.SetAttributes(attribute.Int("cents", 1250))
	span.SetStatus(codes.Error, "card refused")
	span.End()
	for _, s := range e.Spans() {
		fmt.Println(s.Name(), s.Attributes()[0].Value.String(), s.Status().Description)
	}
	// Output: pay 1250 card refused
}

func TestExporterConcurrentSafe(t *testing.T) {
	t.Parallel()
	e := memory.New(memory.WithLimit(50))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if err := e.ExportSpans(t.Context(), exportertest.Many(3)); err != nil {
					t.Error(err)
				}
				if n := len(e.Spans()); n > 50 {
					t.Errorf("%d spans are kept, want at most 50", n)
				}
			}
		})
	}
	wg.Wait()
	if got := int64(e.Len()) + e.Forgotten(); got != 4*50*3 {
		t.Errorf("%d spans are kept or forgotten, want %d", got, 4*50*3)
	}
}
