package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/console"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/report"
)

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// counted counts writes and lines.
type counted struct {
	bytes.Buffer

	writes int
}

func (c *counted) Write(p []byte) (int, error) {
	c.writes++
	return c.Buffer.Write(p)
}

// shared is written in the background.
type shared struct {
	mu  sync.Mutex
	out counted
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *shared) seen() (writes int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.writes, s.out.String()
}

func fresh(tb testing.TB, s exporter.Settings) *console.Exporter {
	tb.Helper()
	e, err := console.New(s)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// both is what two streams have in common.
type both struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *both) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *both) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]exporter.Settings{"text": {}, "json": {JSON: true}, "tree": {Format: "tree"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := func(s exporter.Settings) string { return fmt.Sprint(s.Stdout) }
			subject := exportertest.DriverSubject{
				Driver: console.Driver(),
				Settings: func(testing.TB) exporter.Settings {
					own := s // the checks run at the same time
					both := &both{}
					own.Stdout, own.Stderr = both, both
					return own
				},
				Failing: func(testing.TB) exporter.Settings {
					own := s
					own.Stdout, own.Stderr = broken{}, broken{}
					return own
				},
				Output: func(_ testing.TB, s exporter.Settings) string { return all(s) },
			}
			if name == "json" { // a text has lines of its own, and a tree folds spans that look alike
				subject.Ignores = []string{"format"} // docs/drivers.md: json counts more
				subject.Count = func(_ testing.TB, s exporter.Settings) int { return strings.Count(all(s), "\n") }
			}
			exportertest.RunDriver(t, subject)
		})
	}
}

func TestErrorsGoToStderr(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]exporter.Settings{"text": {Format: "%name%"}, "json": {JSON: true, Format: "tree"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, bad counted
			s.Stdout, s.Stderr = &out, &bad
			if err := fresh(t, s).ExportSpans(t.Context(), exportertest.Spans()); err != nil {
				t.Fatal(err)
			}
			if strings.Count(out.String(), "\n") != 2 || !strings.Contains(out.String(), "GET /users/{id}") || !strings.Contains(out.String(), "service:user.login") {
				t.Errorf("output:\n%s", out.String())
			}
			// A span that asks for a retry is not ok, though nothing is wrong.
			if strings.Count(bad.String(), "\n") != 2 || !strings.Contains(bad.String(), "SELECT users") || !strings.Contains(bad.String(), "queue:mail") {
				t.Errorf("errors:\n%s", bad.String())
			}
			if out.writes != 1 || bad.writes != 1 {
				t.Errorf("%d and %d writes for one batch", out.writes, bad.writes)
			}
		})
	}
}

func TestErrorsAreWrittenFirst(t *testing.T) {
	t.Parallel()
	var both bytes.Buffer
	e := fresh(t, exporter.Settings{Format: "%status%", Stdout: &both, Stderr: &both})
	if err := e.ExportSpans(t.Context(), exportertest.Spans()); err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(both.String(), "\n", " "); got != "error retry"+strings.Repeat(" ok", 2)+" " {
		t.Errorf("written as %q", got)
	}
}

func TestJSONLinesAreJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := fresh(t, exporter.Settings{
		JSON: true, Stdout: &out, Stderr: io.Discard,
		Fields: []exporter.FieldMapping{{Source: "trace_id", Target: "tid"}, {Source: "costMs", Target: "ms"}},
	})
	if err := e.ExportSpans(t.Context(), exportertest.Spans()); err != nil {
		t.Fatal(err)
	}
	line, _, _ := bytes.Cut(out.Bytes(), []byte("\n"))
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"tid": "4bf92f3577b34da6a3ce929d0e0e4736", "ms": 12.345}, got); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
}

func TestWriteErrorsSayWhatTheyCost(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		settings         exporter.Settings
		exported, failed int
		want             string
	}{
		{"output broken", exporter.Settings{Stdout: broken{}, Stderr: io.Discard}, 2, 2, "2 spans not delivered, 2 spans delivered: write to the output stream: broken pipe"},
		{"errors broken", exporter.Settings{Stdout: io.Discard, Stderr: broken{}}, 2, 2, "2 spans not delivered, 2 spans delivered: write to the error stream: broken pipe"},
		{
			"both broken",
			exporter.Settings{Stdout: broken{}, Stderr: broken{}},
			0, 4,
			"4 spans not delivered: write to the error stream: broken pipe\nwrite to the output stream: broken pipe",
		},
		{"tree", exporter.Settings{Stdout: broken{}, Format: "tree"}, 0, 4, "4 spans not delivered: write to the output stream: broken pipe"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			spans := exportertest.Spans()
			if test.settings.Format == "tree" {
				spans = exportertest.Many(4) // whole: nothing to wait for
			}
			err := fresh(t, test.settings).ExportSpans(t.Context(), spans)
			partial, ok := errors.AsType[*report.Result](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if partial.Exported != test.exported || partial.Failed != test.failed || err.Error() != test.want {
				t.Errorf("exported %d, failed %d, %q; want %d, %d, %q", partial.Exported, partial.Failed, err, test.exported, test.failed, test.want)
			}
		})
	}
}

// What couldn't be written isn't written with the next batch: it was reported as failed.
func TestFailedLinesDontComeTwice(t *testing.T) {
	t.Parallel()
	out := &flaky{fail: true}
	e := fresh(t, exporter.Settings{Format: "%name%", Stdout: out})
	if err := e.ExportSpans(t.Context(), exportertest.Many(1)); err == nil {
		t.Fatal("a failed write is no error")
	}
	out.fail = false
	if err := e.ExportSpans(t.Context(), exportertest.Many(2)); err != nil || out.String() != strings.Repeat("many\n", 2) {
		t.Errorf("error %v, output %q", err, out.String())
	}
}

type flaky struct {
	bytes.Buffer

	fail bool
}

func (f *flaky) Write(p []byte) (int, error) {
	if f.fail {
		return 0, io.ErrShortWrite
	}
	return f.Buffer.Write(p)
}

func TestTree(t *testing.T) {
	t.Parallel()
	var out, bad counted
	e := fresh(t, exporter.Settings{Format: "tree", Stdout: &out, Stderr: &bad})
	spans := exportertest.Spans()
	// The fixed root says that it has two children, and one is here.
	if err := e.ExportSpans(t.Context(), spans[1:]); err != nil {
		t.Fatal(err)
	}
	if out.Len() != 0 {
		t.Errorf("drawn before its root came:\n%s", out.String())
	}
	if err := errors.Join(e.ExportSpans(t.Context(), spans[:1]), e.Shutdown(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"trace 4bf92f3577b34da6a3ce929d0e0e4736  4 spans  12.3ms  ", "  2 errors\n", "\n└─ service:user.login [user]",
		"\n   ├─ SELECT users", "✗ error: connection reset", "1 child is not here: still open, or not sampled",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q isn't in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b") || bad.Len() != 0 || out.writes != 1 {
		t.Errorf("color without a terminal, errors %q, or %d writes", bad.String(), out.writes)
	}
}

func TestTreeDrawsTheRestAtShutdown(t *testing.T) {
	t.Parallel()
	var out counted
	e := fresh(t, exporter.Settings{Format: "tree", Stdout: &out})
	if err := e.ExportSpans(t.Context(), exportertest.Spans()[1:]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if out.writes != 1 || !strings.Contains(out.String(), "its parent 00f067aa0ba90201 is not here") {
		t.Errorf("%d writes:\n%s", out.writes, out.String())
	}
	lost := fresh(t, exporter.Settings{Format: "tree", Stdout: broken{}})
	if err := lost.ExportSpans(t.Context(), exportertest.Spans()[1:]); err != nil {
		t.Fatal(err)
	}
	if err := lost.Shutdown(t.Context()); err == nil || !strings.Contains(err.Error(), "3 spans not delivered") {
		t.Errorf("Shutdown with a broken stream returned %v", err)
	}
}

// A request that hangs is seen although nothing else happens.
func TestTreeDrawsWhatWaitsForTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out shared
		e := fresh(t, exporter.Settings{Format: "tree", Stdout: &out, Setting: map[string]any{"max_age": "5s"}})
		spans := exportertest.Spans()
		late := tracetest.SpanStubFromReadOnlySpan(spans[3])
		late.SpanContext = late.SpanContext.WithTraceID(trace.TraceID{9})
		if err := e.ExportSpans(t.Context(), spans[1:3]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := e.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{late.Snapshot()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2500 * time.Millisecond)
		for _, want := range []int{0, 1, 1, 2} { // after 4.5, 5.5, 6.5 and 7.5 seconds
			synctest.Wait()
			if writes, text := out.seen(); writes != want {
				t.Errorf("%d writes, want %d:\n%s", writes, want, text)
			}
			time.Sleep(time.Second)
		}
		if err := e.ExportSpans(t.Context(), spans[1:2]); err != nil {
			t.Fatal(err)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if writes, _ := out.seen(); writes != 3 {
			t.Errorf("%d writes, want the third at Shutdown, and none after it", writes)
		}
	})
}

func TestTreeSaysWhatItCouldNotDrawInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log shared
		e := fresh(t, exporter.Settings{Format: "tree", Stdout: broken{}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err := e.ExportSpans(t.Context(), exportertest.Spans()[1:]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if _, got := log.seen(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "3 spans not delivered") {
			t.Errorf("log = %q, want one line that counts the spans", got)
		}
	})
}

func TestTreeColors(t *testing.T) {
	t.Parallel()
	for color, want := range map[string]bool{"always": true, "never": false, "auto": false} {
		var out bytes.Buffer
		e := fresh(t, exporter.Settings{Format: "tree", Stdout: &out, Setting: map[string]any{"color": color}})
		if err := errors.Join(e.ExportSpans(t.Context(), exportertest.Spans()), e.Shutdown(t.Context())); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "\x1b[31m"); got != want {
			t.Errorf("color %q: errors in red: %v", color, got)
		}
	}
}

func TestTreeLimits(t *testing.T) {
	t.Parallel()
	var out counted
	e := fresh(t, exporter.Settings{Format: "tree", Stdout: &out, Setting: map[string]any{
		"width": int64(60), "max_spans": int64(2), "max_age": "1h",
	}})
	if err := e.ExportSpans(t.Context(), exportertest.Spans()[1:]); err != nil {
		t.Fatal(err)
	}
	if out.writes != 1 {
		t.Error("three spans wait, though two may")
	}
	for line := range strings.SplitSeq(out.String(), "\n") {
		if n := len([]rune(line)); n > 60 && !strings.Contains(line, "…") {
			t.Errorf("a line of %d cells: %s", n, line)
		}
	}
}

func TestDriverRefuses(t *testing.T) {
	t.Parallel()
	d := console.Driver()
	if !d.Local || d.Network {
		t.Errorf("Local %v, Network %v", d.Local, d.Network)
	}
	tests := []struct {
		name string
		give exporter.Settings
		want []string
	}{
		{"a placeholder", exporter.Settings{Format: "%tme%"}, []string{`format: %tme%: no span field is called "tme", did you mean "time"?`}},
		{"no placeholder", exporter.Settings{Format: "Tree"}, []string{`format: "Tree" has no placeholder such as %name%`}},
		{
			"a tree's settings out of range",
			exporter.Settings{Format: "tree", Setting: map[string]any{"width": int64(20), "max_age": "0s"}},
			[]string{"setting.width: 20 is too small; the least is 40", `setting.max_age: "0s" is not longer than 0`},
		},
		{"a field", exporter.Settings{JSON: true, Fields: []exporter.FieldMapping{{Source: "x1", Target: "x"}}}, []string{"fields.x1: "}},
		{"fields of a tree", exporter.Settings{Format: "tree", Fields: []exporter.FieldMapping{{Source: "name", Target: "n"}}}, []string{"fields: a tree has no fields to map"}},
		{
			"settings",
			exporter.Settings{Format: "%x1%", Setting: map[string]any{"color": "red", "width": int64(-1), "widht": int64(1), "max_age": "x", "max_spans": int64(0)}},
			[]string{"setting.color: ", "setting.width: ", "setting.max_spans: ", "setting.max_age: ", `setting.widht: unknown key, did you mean "width"?`, "format: %x1%"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := d.Check(test.give)
			e, newErr := d.New(t.Context(), test.give)
			if err == nil || newErr == nil || newErr.Error() != err.Error() || e != nil {
				t.Fatalf("Check says %v, New says %v and returns %v", err, newErr, e)
			}
			for _, want := range test.want {
				if !strings.Contains("\n"+err.Error(), "\n"+want) {
					t.Errorf("%q isn't in %v", want, err)
				}
			}
		})
	}
	if e, err := d.New(t.Context(), exporter.Settings{}); err != nil || e == nil {
		t.Errorf("New without settings: %v, %v", e, err)
	}
}

// Not parallel: it counts allocations.
func TestExportSpansAllocatesNothing(t *testing.T) {
	e := fresh(t, exporter.Settings{JSON: true, Stdout: io.Discard, Stderr: io.Discard})
	spans := exportertest.Many(64)
	if allocs := testing.AllocsPerRun(20, func() {
		if err := e.ExportSpans(t.Context(), spans); err != nil {
			t.Error(err)
		}
	}); allocs != 0 {
		t.Errorf("a batch of 64 spans allocates %v times", allocs)
	}
}

func Example() {
	e, err := console.New(exporter.Settings{Format: "[%status%] %name%: %error%", Stderr: os.Stdout})
	if err != nil {
		fmt.Println(err)
		return
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e, sdktrace.WithBatchTimeout(time.Hour)))
	_, span := tp.Tracer("example").Start(context.Background(), "pay")
	span.SetStatus(codes.Error, "card\nrefused")
	span.End()
	_ = tp.Shutdown(context.Background())
	// Output: [error] pay: card\nrefused
}

// Lines of exports that run at the same time stay whole.
func TestExporterConcurrentSafe(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := fresh(t, exporter.Settings{Format: "%name%", Stdout: &out})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if err := e.ExportSpans(t.Context(), exportertest.Many(3)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, want := out.String(), strings.Repeat("many\n", 600); got != want {
		t.Errorf("%d bytes are written, want %d, of whole lines", len(got), len(want))
	}
}
