package framework_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/framework"
)

// full is a framework with everything that one may have.
type (
	fullConfig struct {
		Driver, Format string
		Json           bool //nolint:revive // the framework's spelling
		Fields         map[string]any
		Setting        map[string]any
	}
	fullInstance struct {
		Name    string
		Config  fullConfig
		Setting map[string]any
	}
	fullSpan struct {
		TraceId      string         `json:"trace_id"`       //nolint:revive // the framework's spelling
		SpanId       string         `json:"span_id"`        //nolint:revive // the framework's spelling
		ParentSpanId string         `json:"parent_span_id"` //nolint:revive // the framework's spelling
		Name         string         `json:"name"`
		Status       string         `json:"status"`
		Duration     int64          `json:"duration"`
		DurationMs   float64        `json:"duration_ms"`
		StartMs      int64          `json:"start_ms"`
		Attributes   map[string]any `json:"attributes"`
		Time         time.Time      `json:"time"`
		Timestamp    int64          `json:"timestamp,omitempty"`
		Unknown      string         `json:"unknown"`
		Flag         bool           `json:"kind"`
	}
	full struct {
		told                   *fullInstance
		got                    []fullSpan
		opened, closed         int
		connects, opens, write error
		during                 func()
	}
)

func (f *full) Connect(i *fullInstance) (*full, error) {
	f.told = i
	if f.during != nil {
		f.during()
	}
	return f, f.connects
}
func (f *full) Open() error  { f.opened++; return f.opens }
func (f *full) Close() error { f.closed++; return nil }
func (f *full) Write(spans ...fullSpan) error {
	f.got = append(f.got, spans...)
	return f.write
}

func open(t *testing.T, value any, s exporter.Settings) (sdktrace.SpanExporter, error) {
	t.Helper()
	d, err := framework.Driver(value)
	if err != nil {
		t.Fatal(err)
	}
	return d.New(t.Context(), s)
}

func failed() sdktrace.ReadOnlySpan {
	start := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	id := func(n byte) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{n}, TraceFlags: trace.FlagsSampled})
	}
	return tracetest.SpanStub{
		Name: "s", SpanContext: id(2), Parent: id(3), StartTime: start, EndTime: start.Add(1500 * time.Microsecond),
		Status: sdktrace.Status{Code: codes.Error}, Attributes: []attribute.KeyValue{attribute.Int("k", 7)},
	}.Snapshot()
}

// A driver is told what its connection is, and gets spans in the framework's units and words.
func TestADriverGetsWhatItsTypesAskFor(t *testing.T) {
	t.Parallel()
	f := &full{}
	e, err := open(t, f, exporter.Settings{
		Connection: "c", Driver: "full", Format: "%name%", JSON: true, Setting: map[string]any{"a": "b"},
		Fields: []exporter.FieldMapping{{Source: "name", Target: "operation"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	setting := map[string]any{"a": "b"}
	want := &fullInstance{Name: "c", Setting: setting, Config: fullConfig{
		Driver: "full", Format: "%name%", Json: true, Setting: setting, Fields: map[string]any{"name": "operation"},
	}}
	if diff := cmp.Diff(want, f.told); diff != "" {
		t.Errorf("it is told (-want +got):\n%s", diff)
	}
	span := failed()
	if err := e.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{nil, span}); err != nil {
		t.Fatal(err)
	}
	spans := []fullSpan{{
		TraceId: "01000000000000000000000000000000", SpanId: "0200000000000000", ParentSpanId: "0300000000000000", Name: "s", Status: "fail",
		Duration: 1_500_000, DurationMs: 1.5, StartMs: span.StartTime().UnixMilli(), Attributes: map[string]any{"k": int64(7)},
		Time: span.EndTime(), Timestamp: span.EndTime().UnixMilli(),
	}}
	if diff := cmp.Diff(spans, f.got); diff != "" {
		t.Errorf("it gets (-want +got):\n%s", diff)
	}
	f.write = errors.New("disk full")
	if err := e.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{span}); !errors.Is(err, f.write) {
		t.Errorf("a failed write says %v", err)
	}
	for range 2 {
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := e.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{span}); err != nil || len(f.got) != 2 || f.opened != 1 || f.closed != 1 {
		t.Errorf("after Shutdown: %v; %d spans, opened %d and closed %d times", err, len(f.got), f.opened, f.closed)
	}
}

type (
	noConnection struct{}
	noWrite      struct{}
	wrongWrite   struct{ noWrite }
)

func (noConnection) Connect(*fullInstance) (any, error) { return 5, nil }

func (noWrite) Connect(*fullInstance) (noWrite, error) { return noWrite{}, nil }
func (noWrite) Open() error                            { return nil }
func (noWrite) Close() error                           { return nil }

func (wrongWrite) Connect(*fullInstance) (wrongWrite, error) { return wrongWrite{}, nil }
func (wrongWrite) Write([]fullSpan) error                    { return nil }

// What can't be connected says why, and neither panics nor ends the process.
func TestDriversThatCantBeConnected(t *testing.T) {
	t.Parallel()
	for says, value := range map[string]any{
		"connect: refused":                                     &full{connects: errors.New("refused")},
		"open: locked":                                         &full{opens: errors.New("locked")},
		"connect: the driver panicked: boom":                   &full{during: func() { panic("boom") }}, //nolint:forbidigo // the fault under test
		"connect: the driver ended its goroutine":              &full{during: runtime.Goexit},
		"a int is no connection with methods Open, Close":      noConnection{},
		"a framework_test.noWrite has no method Write(...Span": noWrite{},
		"a framework_test.wrongWrite has no method Write(...":  wrongWrite{},
	} {
		if e, err := open(t, value, exporter.Settings{Connection: "c"}); e != nil || err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("New = %v, %v; want %q", e, err, says)
		}
	}
}

type (
	wrongIn  struct{}
	wrongOut struct{}
	bare     struct{}
)

func (wrongIn) Connect(fullInstance) (*full, error)        { return nil, nil }
func (wrongOut) Connect(*fullInstance) *full               { return nil }
func (bare) Connect(*struct{ Name string }) (*full, error) { return nil, nil }

// A value that isn't of the framework's kind is refused when it is adapted.
func TestValuesThatAreNoDrivers(t *testing.T) {
	t.Parallel()
	for _, value := range []any{nil, 5, struct{}{}, wrongIn{}, wrongOut{}, bare{}} {
		if _, err := framework.Driver(value); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Driver(%T) = %v", value, err)
		}
	}
}
