package processor_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

func TestHealthNoticesAnExportThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		e := processortest.New(processortest.Step{Hang: hang}, processortest.Step{})
		f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 60})
		end(f, 1, 61)
		synctest.Wait()
		began := time.Now()
		time.Sleep(9 * time.Second)
		if h := f.Health(); h.State != processor.StateOK {
			t.Errorf("after 9 seconds: %+v", h)
		}
		time.Sleep(3 * time.Second)
		want := processor.ConnectionHealth{
			State: processor.StateDegraded, Since: began.Add(10 * time.Second), Why: "60 spans are in an export that has been running for 12s",
		}
		if diff := cmp.Diff(want, f.Health().Connections["c"]); diff != "" {
			t.Errorf("after 12 seconds (-want +got):\n%s", diff)
		}
		close(hang)
		synctest.Wait()
		if h := f.Health().Connections["c"]; h.State != processor.StateOK || h.Why != "" {
			t.Errorf("after its end: %+v", h)
		}
	})
}

// TestRecoveryIsLogged loses three batches and delivers the fourth.
func TestRecoveryIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		no := processortest.Step{Err: errors.New("connection refused")}
		e := processortest.New(no, no, no, processortest.Step{})
		f := open(t, processor.Options{Logger: log.logger(slog.LevelInfo)}, processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 5})
		for n := range uint64(5) {
			end(f, 1+n*5, 6+n*5)
			time.Sleep(1500 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		want := []map[string]any{
			{
				"level": "WARN", "msg": "trace connection lost spans", "connection": "c", "cause": "export_failed",
				"spans": 5.0, "total": 5.0, "last_error": "connection refused",
			},
			{"level": "INFO", "msg": "trace connection delivers again", "connection": "c", "spans": 10.0, "total": 15.0},
		}
		if diff := cmp.Diff(want, log.all(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestFlappingIsLoggedSeldom fails every other export for half a minute.
func TestFlappingIsLoggedSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		e := processortest.NewFunc(func(call int) processortest.Step {
			if call%2 == 0 {
				return processortest.Step{Err: errors.New("connection refused")}
			}
			return processortest.Step{}
		})
		f := open(t, processor.Options{Logger: log.logger(slog.LevelInfo)}, processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 5})
		for n := range uint64(60) {
			end(f, 1+n*5, 6+n*5)
			time.Sleep(500 * time.Millisecond)
		}
		_ = f.Shutdown(t.Context())
		count, told := map[any]int{}, 0.0
		for _, l := range log.all(t) {
			count[l["level"]]++
			n, _ := l["spans"].(float64)
			told += n
		}
		if count["WARN"] > 4 || count["INFO"] > 4 || count["WARN"] < 3 || told != 150 {
			t.Errorf("%v lines about %v spans, want 3 or 4 of each about 150", count, told)
		}
	})
}

// TestSpansThatWereNeverTriedAreToldApart cuts off an export, and with it the spans behind it.
func TestSpansThatWereNeverTriedAreToldApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		hang := make(chan struct{})
		e := processortest.New(processortest.Step{Hang: hang})
		f := open(t, processor.Options{Logger: log.logger(slog.LevelInfo)}, processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 5})
		end(f, 1, 19)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := f.Shutdown(ctx)
		if err == nil || !strings.Contains(err.Error(), "18 spans were not exported: context canceled") {
			t.Errorf("Shutdown: %v", err)
		}
		// The reporter may look between the two losses, or once after both.
		var spans, untried float64
		for _, l := range log.all(t) {
			if l["cause"] != "export_failed" || l["last_error"] != "context canceled" {
				t.Errorf("unexpected line: %v", l)
			}
			n, _ := l["spans"].(float64)
			u, _ := l["never_tried"].(float64)
			spans, untried = spans+n, untried+u
		}
		if spans != 18 || untried != 13 {
			t.Errorf("the lines tell of %v spans, %v of them never tried, want 18 and 13", spans, untried)
		}
	})
}

// fullDisk is an exporter whose spool takes nothing.
type fullDisk struct{ *processortest.Exporter }

func (fullDisk) SpoolSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	return errors.New("no space left on device")
}

func TestSpoolThatRefusesIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		hang := make(chan struct{})
		e := fullDisk{processortest.New(processortest.Step{Hang: hang})}
		f := open(t, processor.Options{Logger: log.logger(slog.LevelInfo)}, processor.ConnectionConfig{
			Name: "c", QueueSize: 5, BatchSize: 5, Overflow: processor.OverflowSpool,
			Open: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
		})
		end(f, 1, 9)
		time.Sleep(2 * time.Second)
		want := []map[string]any{{
			"level": "WARN", "msg": "trace connection lost spans", "connection": "c", "cause": "spool_refused",
			"spans": 3.0, "total": 3.0, "last_error": "spool: no space left on device",
		}}
		if diff := cmp.Diff(want, log.all(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		close(hang)
	})
}

func TestHealthTellsOfShedding(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var shedding atomic.Bool
		e := processortest.New(processortest.Step{})
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "c", Open: e.Open, QueueSize: 10, BatchSize: 10, Decider: dynamic{
				decide: func(*decision.Span, float64) decision.Verdict { return decision.Verdict{Keep: true} },
				factor: func() float64 {
					if shedding.Load() {
						return 0.2
					}
					return 1
				},
			},
		})
		shedding.Store(true)
		shed := time.Now()
		end(f, 1, 12) // one more than fit: the reporter looks
		synctest.Wait()
		time.Sleep(30 * time.Second)
		want := processor.ConnectionHealth{
			State: processor.StateDegraded, Since: shed, Why: "its queue is nearly full: dynamic sampling keeps only 0.2 of what is configured",
		}
		if diff := cmp.Diff(want, f.Health().Connections["c"]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		shedding.Store(false)
		time.Sleep(30 * time.Second)
		if h := f.Health(); h.State != processor.StateOK {
			t.Errorf("when it is over: %+v", h)
		}
	})
}
