package processor_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// TestSuccessorOfAConnectionThatWasCutOffIsHealthy replaces a connection whose export hangs for
// longer than draining may take. What the old one has abandoned is told once, moves when the export
// returns, and is nothing to its successor.
func TestSuccessorOfAConnectionThatWasCutOffIsHealthy(t *testing.T) {
	t.Parallel()
	for _, returns := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			hang := make(chan struct{})
			cfg := processor.ConnectionConfig{
				Name: "c", Fingerprint: "1", BatchSize: 5, ExportTimeout: time.Second,
				Open: processortest.New(processortest.Step{Hang: hang, Deaf: true}).Open,
			}
			f := open(t, processor.Options{DrainTimeout: 5 * time.Second}, cfg)
			end(f, 1, 6)
			time.Sleep(time.Second)
			cfg.Fingerprint, cfg.Open = "2", processortest.New().Open
			if err := f.Reload(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second) // the old one is cut off
			if h := f.Health().Connections["c"]; h.State != processor.StateOK {
				t.Errorf("the new connection is %+v", h)
			}
			end(f, 6, 16)
			if lost := mustOnlyLose(t, f.ForceFlush(t.Context())); lost == nil || lost.Connections["c"].Abandoned != 5 {
				t.Errorf("the first flush tells %v, want 5 abandoned", lost)
			}
			if err := f.ForceFlush(t.Context()); err != nil {
				t.Errorf("the second flush tells %v", err)
			}
			if c := f.Stats().Connections["c"]; c.Abandoned != 5 || c.Exported != 10 {
				t.Errorf("%d abandoned, %d exported; want 5, 10", c.Abandoned, c.Exported)
			}
			if returns {
				close(hang)
				time.Sleep(time.Second)
				if c := f.Stats().Connections["c"]; c.Abandoned != 0 || c.Exported != 15 || c.Pending != 0 {
					t.Errorf("%d abandoned, %d exported, %d pending; want 0, 15, 0", c.Abandoned, c.Exported, c.Pending)
				}
			}
			if err := f.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown tells %v", err)
			}
			mustHold(t, f.Stats())
			if !returns {
				close(hang)
			}
			synctest.Wait()
			mustHold(t, f.Stats())
		})
	}
}

// TestDrainTellsItsOwnLossesOnly removes a connection that delivers everything, while its
// successor fails.
func TestDrainTellsItsOwnLossesOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		cfg := processor.ConnectionConfig{
			Name: "c", Fingerprint: "1", BatchSize: 5, Open: processortest.New(processortest.Step{Delay: 2 * time.Second}).Open,
		}
		f := open(t, processor.Options{Logger: log.logger(-8)}, cfg)
		end(f, 1, 6)
		synctest.Wait()
		cfg.Fingerprint = "2"
		cfg.Open = processortest.NewFunc(func(int) processortest.Step { return processortest.Step{Err: errors.New("no")} }).Open
		if err := f.Reload(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		end(f, 6, 13)
		time.Sleep(10 * time.Second)
		drained := false
		for _, l := range log.all(t) {
			msg, _ := l["msg"].(string)
			drained = drained || msg == "removed trace connection has drained"
			if strings.Contains(msg, "did not drain") {
				t.Errorf("%v", l)
			}
		}
		if !drained {
			t.Error("no line says that it has drained")
		}
		if lost := mustOnlyLose(t, f.Shutdown(t.Context())); lost == nil || lost.Connections["c"].Failed != 7 {
			t.Errorf("told %v, want 7 failed", lost)
		}
	})
}

// TestFreshConnectionIsNotWhatTheOldOneWas replaces one that fails, drops and sheds.
func TestFreshConnectionIsNotWhatTheOldOneWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		factor := func(f float64) dynamic {
			return dynamic{
				decide: func(*decision.Span, float64) decision.Verdict { return decision.Verdict{Keep: true} },
				factor: func() float64 { return f },
			}
		}
		cfg := processor.ConnectionConfig{
			Name: "c", Fingerprint: "1", QueueSize: 9, BatchSize: 5, Decider: factor(0.1),
			Open: processortest.NewFunc(func(int) processortest.Step { return processortest.Step{Err: errors.New("no")} }).Open,
		}
		f := open(t, processor.Options{}, cfg)
		end(f, 1, 30)
		time.Sleep(time.Second)
		if h := f.Health().Connections["c"]; h.State != processor.StateFailing {
			t.Errorf("the old one is %+v", h)
		}
		for _, gap := range []bool{false, true} {
			if gap {
				if err := f.Reload(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
			}
			cfg.Fingerprint, cfg.Open, cfg.Decider = time.Now().String(), processortest.New().Open, factor(1)
			if err := f.Reload(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			if h := f.Health().Connections["c"]; h.State != processor.StateOK {
				t.Errorf("removed in between: %v: the new one is %+v", gap, h)
			}
			time.Sleep(time.Second)
		}
	})
}

// TestRenameThatTakesOverASpoolIsCountedOnce leaves five spans in a spool, which a connection of
// another name opens and delivers.
func TestRenameThatTakesOverASpoolIsCountedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old := &spooler{Exporter: processortest.New(processortest.Step{Partial: &processortest.Partial{}}), pending: 5}
		cfg := processor.ConnectionConfig{
			Name: "old", Claims: []string{"dir:x"}, BatchSize: 5,
			Open: func(context.Context) (sdktrace.SpanExporter, error) { return old, nil },
		}
		f := open(t, processor.Options{}, cfg)
		end(f, 1, 6)
		time.Sleep(time.Second)
		heir := &spooler{Exporter: processortest.New(), inherited: 5, pending: 5}
		cfg.Name, cfg.Open = "new", func(context.Context) (sdktrace.SpanExporter, error) { return heir, nil }
		if err := f.Reload(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if st := f.Stats(); st.SpoolPending != 5 || st.Spooled != 5 || st.Inherited != 0 {
			t.Errorf("%d pending of %d spooled and %d inherited; want 5, 5, 0", st.SpoolPending, st.Spooled, st.Inherited)
		}
		heir.mu.Lock()
		heir.pending, heir.replayed = 0, 5
		heir.mu.Unlock()
		if st := f.Stats(); st.SpoolPending != 0 || st.Replayed != 5 {
			t.Errorf("%d pending, %d replayed; want 0, 5", st.SpoolPending, st.Replayed)
		}
		mustHold(t, f.Stats())
	})
}

// spoolQuitter ends the goroutine that calls its spool.
type spoolQuitter struct{ *processortest.Exporter }

func (spoolQuitter) SpoolSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	runtime.Goexit()
	return nil
}

func TestSpoolThatEndsItsGoroutineIsBooked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "c", QueueSize: 5, BatchSize: 5, ExportTimeout: time.Hour, Overflow: processor.OverflowSpool,
			Open: func(context.Context) (sdktrace.SpanExporter, error) {
				return spoolQuitter{processortest.New(processortest.Step{Hang: hang, Deaf: true})}, nil
			},
		})
		end(f, 1, 8)
		time.Sleep(time.Second)
		if c := f.Stats().Connections["c"]; c.Pending != 5 || c.Dropped.QueueFull != 2 {
			t.Errorf("%d pending, %d dropped; want 5, 2", c.Pending, c.Dropped.QueueFull)
		}
		close(hang)
		if lost := mustOnlyLose(t, f.ForceFlush(t.Context())); lost == nil || lost.Connections["c"].Dropped != 2 {
			t.Errorf("told %v, want 2 dropped", lost)
		}
	})
}

// TestDurationsOfAnyLengthWork opens, exports, flushes and shuts down with each.
func TestDurationsOfAnyLengthWork(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{1, math.MaxInt64, math.MaxInt64 / 2, math.MaxInt64/2 + 1, 1_300_000 * time.Hour, math.MinInt64} {
		synctest.Test(t, func(t *testing.T) {
			for _, overflow := range []processor.Overflow{processor.OverflowDrop, processor.OverflowBlock, processor.OverflowSync} {
				e := processortest.New()
				f := open(t, processor.Options{DrainTimeout: d, ShutdownTimeout: max(d, time.Second)}, processor.ConnectionConfig{
					Name: "c", Open: e.Open, QueueSize: 5, Overflow: overflow, Schedule: d, BlockTimeout: d, ExportTimeout: max(d, time.Second),
				})
				end(f, 1, 6)
				if err := f.ForceFlush(context.Background()); err != nil {
					t.Errorf("%v, %v: %v", d, overflow, err)
				}
				time.Sleep(time.Second)
				if err := f.Shutdown(context.Background()); err != nil {
					t.Errorf("%v, %v: %v", d, overflow, err)
				}
				if c := f.Stats().Connections["c"]; c.Exported != 5 {
					t.Errorf("%v, %v: %d exported, %d abandoned", d, overflow, c.Exported, c.Abandoned)
				}
			}
		})
	}
}

// TestSheddingIsToldAlthoughTheExporterHangs leaves spans out for the load of a connection that
// doesn't move.
func TestSheddingIsToldAlthoughTheExporterHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		var shedding atomic.Bool
		hang := make(chan struct{})
		f := open(t, processor.Options{Logger: log.logger(slog.LevelWarn)}, processor.ConnectionConfig{
			Name: "c", QueueSize: 10, BatchSize: 5, ExportTimeout: time.Hour,
			Open: processortest.New(processortest.Step{Hang: hang, Deaf: true}).Open,
			Decider: dynamic{
				decide: func(_ *decision.Span, load float64) decision.Verdict {
					if load > 0.8 {
						shedding.Store(true)
						return decision.Verdict{Reason: decision.ByLoad}
					}
					return decision.Verdict{Keep: true}
				},
				factor: func() float64 {
					if shedding.Load() {
						return 0.1
					}
					return 1
				},
			},
		})
		end(f, 1, 101)
		synctest.Wait()
		lines := log.all(t)
		if len(lines) != 1 || lines[0]["msg"] != "trace connection changed its dynamic sampling factor" || lines[0]["to"] != 0.1 {
			t.Errorf("%v", lines)
		}
		if h := f.Health().Connections["c"]; h.State != processor.StateDegraded || !strings.Contains(h.Why, "dynamic sampling keeps only 0.1") {
			t.Errorf("%+v", h)
		}
		if c := f.Stats().Connections["c"]; c.Shed != 92 || c.SampledOut != 92 || c.Dropped.Total() != 0 {
			t.Errorf("%d shed of %d left out", c.Shed, c.SampledOut)
		}
		close(hang)
		if err := f.ForceFlush(t.Context()); err != nil {
			t.Errorf("what is shed isn't lost: %v", err)
		}
	})
}

// reloading is a log handler that reloads when it is told of a loss.
type reloading struct {
	slog.Handler
	reload func() error
	result chan error
}

func (r reloading) Handle(_ context.Context, rec slog.Record) error {
	if rec.Level == slog.LevelWarn {
		r.result <- r.reload()
	}
	return nil
}

func TestLogHandlerMayReload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var f *processor.Fanout
		cfg := processor.ConnectionConfig{Name: "c", Fingerprint: "1", QueueSize: 1, Open: processortest.New(processortest.Step{Delay: time.Second}).Open}
		h := reloading{slog.DiscardHandler, nil, make(chan error, 9)}
		h.reload = func() error {
			next := cfg
			next.Fingerprint, next.Open = "2", processortest.New().Open
			return f.Reload(context.Background(), next)
		}
		f = open(t, processor.Options{Logger: slog.New(slogAll{h})}, cfg)
		end(f, 1, 10)
		synctest.Wait()
		select {
		case err := <-h.result:
			if err != nil {
				t.Error(err)
			}
		default:
			t.Error("the handler waits")
		}
		time.Sleep(time.Minute)
		_ = mustOnlyLose(t, f.Shutdown(t.Context()))
	})
}

// slogAll is a handler that is enabled at every level.
type slogAll struct{ slog.Handler }

func (slogAll) Enabled(context.Context, slog.Level) bool { return true }
