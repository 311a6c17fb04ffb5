package stdout_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/exporter/stdout"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	exportertest.RunDriver(t, exportertest.DriverSubject{
		Driver:   stdout.Driver(),
		Settings: func(testing.TB) exporter.Settings { return exporter.Settings{Stdout: &bytes.Buffer{}} },
		Failing:  func(testing.TB) exporter.Settings { return exporter.Settings{Stdout: broken{}} },
		Count:    func(_ testing.TB, s exporter.Settings) int { return strings.Count(fmt.Sprint(s.Stdout), "\n") },
		Output:   func(_ testing.TB, s exporter.Settings) string { return fmt.Sprint(s.Stdout) },
		Plain:    true,
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestDriverWritesOTelsFormat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		setting map[string]any
		lines   bool
		times   bool
	}{
		{"defaults", nil, false, true},
		{"pretty", map[string]any{"pretty": true}, true, true},
		{"without timestamps", map[string]any{"timestamps": false}, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			d := stdout.Driver()
			s := exporter.Settings{Stdout: &out, Setting: test.setting}
			if err := d.Check(s); err != nil {
				t.Fatal(err)
			}
			e, err := d.New(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.ExportSpans(t.Context(), exportertest.Spans()[:1]); err != nil {
				t.Fatal(err)
			}
			var span struct {
				Name      string
				StartTime string
			}
			if err := json.Unmarshal(out.Bytes(), &span); err != nil {
				t.Fatal(err)
			}
			if span.Name != "GET /users/{id}" {
				t.Errorf("name %q", span.Name)
			}
			if got := strings.Count(out.String(), "\n") > 1; got != test.lines {
				t.Errorf("on several lines: %v, want %v", got, test.lines)
			}
			if got := strings.HasPrefix(span.StartTime, "2026"); got != test.times {
				t.Errorf("start %q, want a real one: %v", span.StartTime, test.times)
			}
		})
	}
}

func TestDriverRefusesWhatItCantDo(t *testing.T) {
	t.Parallel()
	s := exporter.Settings{
		Setting: map[string]any{"prety": true, "timestamps": "maybe"},
		Fields:  []exporter.FieldMapping{{Source: "name", Target: "n"}},
		Format:  "%name%",
	}
	d := stdout.Driver()
	err := d.Check(s)
	for _, want := range []string{`setting.prety: unknown key, did you mean "pretty"?`, "setting.timestamps: ", "fields: ", "format: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check returned %v, want %q in it", err, want)
		}
	}
	if e, err := d.New(t.Context(), s); err == nil || e != nil {
		t.Errorf("New returned %v, %v; want what Check says", e, err)
	}
}

func Example() {
	e, err := stdout.New(os.Stdout)
	if err != nil {
		return
	}
	err = e.ExportSpans(context.Background(), nil)
	if err != nil {
		return
	}
	// Output:
}

// OTel's own exporter gives up a batch at the first span that JSON has no form for.
func TestOneNaNCostsOneSpan(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e, err := stdout.New(&out)
	if err != nil {
		t.Fatal(err)
	}
	stubs := make(tracetest.SpanStubs, 10)
	for i := range stubs {
		stubs[i].Name = fmt.Sprintf("span-%d", i)
	}
	stubs[3].Attributes = []attribute.KeyValue{attribute.Float64("x", math.NaN())}
	var result *report.Result
	if err := e.ExportSpans(t.Context(), stubs.Snapshots()); !errors.As(err, &result) {
		t.Fatalf("err = %v, want a Result", err)
	}
	if result.Exported != 9 || result.Failed != 1 || !strings.Contains(result.Error(), `"span-3"`) {
		t.Errorf("result = %v, want 9 exported, and the name of the one that isn't", result)
	}
	if got := strings.Count(out.String(), `"Name":"span-`); got != 9 {
		t.Errorf("%d spans are written, want 9", got)
	}
}
