package processor_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
	"github.com/tracehook/tracehook/test/locked"
)

func TestHealthSaysSinceWhenAndWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := processortest.New(
			processortest.Step{Err: errors.New("connection refused")},
			processortest.Step{Err: errors.New("connection refused")},
			processortest.Step{Partial: &processortest.Partial{Exported: 3, Failed: 2}},
			processortest.Step{})
		f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 5})
		born := time.Now()
		next := uint64(1)
		export := func() { end(f, next, next+5); next += 5; synctest.Wait() }
		expect := func(want processor.ConnectionHealth) {
			t.Helper()
			h := f.Health()
			if diff := cmp.Diff(want, h.Connections["c"]); diff != "" || h.State != want.State {
				t.Errorf("overall %s; (-want +got):\n%s", h.State, diff)
			}
		}
		expect(processor.ConnectionHealth{State: processor.StateOK, Since: born, Why: "nothing has been exported yet"})
		time.Sleep(time.Minute)
		failed := time.Now()
		export()
		expect(processor.ConnectionHealth{State: processor.StateFailing, Since: failed, Why: "the last export delivered nothing: connection refused"})
		time.Sleep(time.Minute)
		export()
		expect(processor.ConnectionHealth{State: processor.StateFailing, Since: failed, Why: "2 exports in a row delivered nothing: connection refused"})
		time.Sleep(time.Minute)
		partial := time.Now()
		export()
		expect(processor.ConnectionHealth{
			State: processor.StateDegraded, Since: partial,
			Why: "the last export delivered only a part: 3 spans exported, 2 failed, 0 spooled",
		})
		time.Sleep(time.Minute)
		good := time.Now()
		export()
		expect(processor.ConnectionHealth{State: processor.StateOK, Since: good})
	})
}

func TestHealthIsDegradedForTenSecondsAfterADrop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, _, release := stuck(t, processor.ConnectionConfig{})
		time.Sleep(time.Minute)
		start := time.Now()
		end(f, 1, 30)
		synctest.Wait()
		h := f.Health().Connections["stuck"]
		if h.State != processor.StateDegraded || !h.Since.Equal(start) || h.Why != "its queue is full: 9 spans were dropped so far" {
			t.Errorf("%+v", h)
		}
		release()
		time.Sleep(12 * time.Second)
		if h := f.Health().Connections["stuck"]; h.State != processor.StateOK || h.Since.Before(start.Add(10*time.Second)) {
			t.Errorf("later: %+v", h)
		}
	})
}

// lines are what a logger writes.
type lines struct{ locked.Buffer }

// all returns what was logged, without times.
func (l *lines) all(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(l.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "time")
		delete(m, "hint")
		out = append(out, m)
	}
	return out
}

func (l *lines) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: level}))
}

func TestLossesAreLoggedAtOnceAndThenEveryTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		hang := make(chan struct{})
		e := processortest.New(processortest.Step{Hang: hang, Deaf: true})
		f := open(t, processor.Options{Logger: log.logger(slog.LevelWarn)}, processor.ConnectionConfig{
			Name: "c", Open: e.Open, QueueSize: 18, BatchSize: 5, ExportTimeout: time.Hour,
		})
		end(f, 1, 19)
		end(f, 19, 20)
		synctest.Wait()
		want := []map[string]any{{
			"level": "WARN", "msg": "trace connection lost spans", "connection": "c", "cause": "queue_full", "spans": 1.0, "total": 1.0,
		}}
		if diff := cmp.Diff(want, log.all(t)); diff != "" {
			t.Errorf("after the first loss (-want +got):\n%s", diff)
		}
		for range 95 { // 9.5 seconds
			end(f, 20, 30)
			time.Sleep(100 * time.Millisecond)
		}
		if got := log.all(t); len(got) != 1 {
			t.Errorf("within ten seconds there are %d lines: %v", len(got), got)
		}
		time.Sleep(2 * time.Second)
		want = append(want, map[string]any{
			"level": "WARN", "msg": "trace connection lost spans", "connection": "c", "cause": "queue_full", "spans": 950.0, "total": 951.0,
		})
		if diff := cmp.Diff(want, log.all(t)); diff != "" {
			t.Errorf("after ten seconds (-want +got):\n%s", diff)
		}
		close(hang)
		_ = f.Shutdown(t.Context())
	})
}

func TestPanicIsReportedOnceAndShutdownTellsTheRest(t *testing.T) {
	t.Parallel()
	var log lines
	e := processortest.NewFunc(func(int) processortest.Step { return processortest.Step{Panic: "no luck"} })
	f := open(t, processor.Options{Logger: log.logger(slog.LevelWarn)},
		processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 5})
	for n := range uint64(10) {
		end(f, 1+n*5, 6+n*5)
		_ = f.ForceFlush(t.Context())
	}
	_ = f.Shutdown(t.Context())
	panics, failed := 0, 0.0
	for _, l := range log.all(t) {
		if l["msg"] == "a trace driver panicked; its connection goes on" {
			panics++
		}
		if l["cause"] == "export_failed" {
			n, _ := l["spans"].(float64)
			failed += n
			if l["last_error"] != "the driver panicked: no luck" {
				t.Errorf("the line says %v", l["last_error"])
			}
		}
	}
	if panics != 1 || failed != 50 {
		t.Errorf("%d lines about the panic, %v failed spans told; want 1, 50", panics, failed)
	}
}

func TestReloadsOverflowsAndFactorsAreEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		hang := make(chan struct{})
		e := processortest.New(processortest.Step{Hang: hang, Deaf: true})
		factor := 1.0
		var mu sync.Mutex
		cfg := processor.ConnectionConfig{
			Name: "c", Open: e.Open, QueueSize: 20, BatchSize: 5, ExportTimeout: time.Hour,
			Decider: dynamic{
				decide: func(_ *decision.Span, load float64) decision.Verdict {
					mu.Lock()
					defer mu.Unlock()
					if load > 0.8 {
						factor = 0.5
					} else {
						factor = 1
					}
					return decision.Verdict{Keep: true}
				},
				factor: func() float64 { mu.Lock(); defer mu.Unlock(); return factor },
			},
		}
		f := open(t, processor.Options{Logger: log.logger(slog.LevelDebug)}, cfg)
		end(f, 1, 22)
		synctest.Wait()
		close(hang)
		time.Sleep(20 * time.Second)
		end(f, 22, 23)
		time.Sleep(2500 * time.Millisecond)
		if err := f.Reload(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(2500 * time.Millisecond)
		var got []string
		for _, l := range log.all(t) {
			msg, _ := l["msg"].(string)
			if l["level"] == "DEBUG" || l["level"] == "INFO" || strings.Contains(msg, "factor") {
				if l["level"] != "DEBUG" {
					level, _ := l["level"].(string)
					msg = strings.ToLower(level) + ": " + msg
				}
				got = append(got, msg)
			}
		}
		want := []string{
			"trace connections reloaded",
			"trace connection overflows",
			"warn: trace connection changed its dynamic sampling factor",
			"trace connection no longer overflows",
			"info: trace connection changed its dynamic sampling factor",
			"trace connections reloaded",
			"removed trace connection has drained",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// hanging is a log handler that doesn't return from lines of its level.
type hanging struct {
	hang  <-chan struct{}
	level slog.Level
}

func (h hanging) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h hanging) Handle(context.Context, slog.Record) error {
	<-h.hang
	return nil
}

func (h hanging) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h hanging) WithGroup(string) slog.Handler      { return h }

func TestLoggerThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		defer close(hang)
		e := processortest.New(processortest.Step{Err: errors.New("no")})
		f := open(t, processor.Options{Logger: slog.New(hanging{hang, slog.LevelWarn})},
			processor.ConnectionConfig{Name: "c", Open: e.Open})
		end(f, 1, 100)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		_ = f.Shutdown(ctx)
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("Shutdown took %s, want 50ms and a moment", took)
		}
	})
}

func TestLoggerThatHangsHoldsNeitherReloadNorHealthNorShutdownUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang, busy := make(chan struct{}), make(chan struct{})
		e := processortest.New(processortest.Step{Hang: busy, Deaf: true})
		cfg := processor.ConnectionConfig{Name: "c", Open: e.Open, QueueSize: 10, BatchSize: 5, ExportTimeout: time.Hour}
		gone := processor.ConnectionConfig{Name: "gone", Open: processortest.New().Open}
		f := open(t, processor.Options{Logger: slog.New(hanging{hang, slog.LevelDebug})}, cfg, gone)
		if err := f.Reload(t.Context(), cfg); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second) // the first line hangs
		end(f, 1, 30)
		synctest.Wait()
		if h := f.Health().Connections["c"]; h.State != processor.StateDegraded {
			t.Errorf("a connection that drops is %+v", h)
		}
		close(busy)
		if lost := mustOnlyLose(t, f.Shutdown(t.Context())); lost == nil || lost.Connections["c"].Dropped != 19 { // it has no deadline
			t.Errorf("told %+v, want 19 dropped", lost)
		}
		close(hang)
	})
}

// panicking is a log handler that always panics.
type panicking struct{ slog.Handler }

func (panicking) Handle(context.Context, slog.Record) error { panic("no line today") } //nolint:forbidigo // this is what it is for

func TestLoggerThatPanicsHarmsNobody(t *testing.T) {
	t.Parallel()
	e := processortest.New(processortest.Step{Err: errors.New("no")})
	f := open(t, processor.Options{Logger: slog.New(panicking{slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug})})},
		processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 10})
	end(f, 1, 100)
	if err := f.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	_ = f.Shutdown(t.Context()) // the connection may still be draining
	if c := f.Stats().Retired["c"]; c == nil || c.Failed+c.Exported != 99 || c.Failed == 0 {
		t.Errorf("the removed connection says %+v", c)
	}
}
