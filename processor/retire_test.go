package processor_test

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// TestRetiredAreBoundedAndTheirSumsExact runs through 200 names, each with spans that are
// exported, lost, limited, left out and dropped.
func TestRetiredAreBoundedAndTheirSumsExact(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		f := open(t, processor.Options{Logger: log.logger(slog.LevelWarn)})
		const names = 200
		half := decision.FromProbability(0.5)
		for i := range names {
			e := processortest.New(processortest.Step{
				Delay: time.Millisecond, Partial: &processortest.Partial{Exported: 3, Failed: 2, Spooled: 1},
			})
			err := f.Reload(t.Context(), processor.ConnectionConfig{
				Name: fmt.Sprintf("c%03d", i), Open: e.Open, QueueSize: 6, BatchSize: 6,
				Decider: decide(func(s *decision.Span, _ float64) decision.Verdict {
					switch n := number(s.Ended); {
					case n <= 8:
						return decision.Verdict{Keep: true, Threshold: half, Reason: decision.ByError} // two more than fit
					case n <= 10:
						return decision.Verdict{Threshold: half, Reason: decision.ByLimit}
					default:
						return decision.Verdict{}
					}
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			end(f, 1, 14)
			time.Sleep(time.Second)
		}
		all := f.Stats()
		mustHold(t, all)
		if all.Offered != names*13 || all.Exported != names*3 || all.Adjusted.Failed != names*4 || all.Adjusted.Dropped.QueueFull != names*4 {
			t.Errorf("of %d names: %+v", names, all.Counters)
		}
		if len(all.Retired) > processor.MaxRetired+1 || all.Retired[processor.OtherRetired] == nil || all.Retired["c198"] == nil || all.Retired["c000"] != nil {
			t.Errorf("%d are retired, others: %v", len(all.Retired), all.Retired[processor.OtherRetired])
		}
		if got := all.Retired[processor.OtherRetired]; got != nil {
			n := int64(names - 1 - processor.MaxRetired)
			if got.Offered != n*13 || got.SampledOut != n*3 || got.RateLimited != n*2 || got.Spooled != n || got.FlushCount != n || got.WriteErrorCount != n {
				t.Errorf("the others, %d of them: %+v", n, got.Counters)
			}
		}
		time.Sleep(time.Minute)
		told := mustOnlyLose(t, f.Shutdown(t.Context()))
		if l := told.Connections["c199"]; len(told.Connections) <= processor.MaxRetired || l.Failed != 2 || l.Dropped != 2 {
			t.Errorf("%d connections told, the last one %+v: %v", len(told.Connections), l, told)
		}
		lost := map[string]int{}
		for _, l := range log.all(t) {
			if name, _ := l["connection"].(string); l["cause"] == "queue_full" {
				lost[name]++
			}
		}
		if n := lost[processor.OtherRetired]; n != 0 || len(lost) != names {
			t.Errorf("%d lines about the sum of the others, %d connections told; want 0, %d", n, len(lost), names)
		}
	})
}

// TestFlushWhileSumsAreReplaced flushes while reloads add up the oldest retired connections. The race
// detector is the judge.
func TestFlushWhileSumsAreReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, processor.Options{})
		var flushes sync.WaitGroup
		for i := range 2 * processor.MaxRetired {
			for range 4 {
				flushes.Go(func() {
					if err := f.ForceFlush(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			cfg := processor.ConnectionConfig{Name: strconv.Itoa(i), Open: processortest.New().Open}
			if err := f.Reload(t.Context(), cfg); err != nil {
				t.Error(err)
			}
			flushes.Wait()
			time.Sleep(time.Second)
		}
	})
}

// TestRetiredKeepTheirNumbersForAWhile: who has just been removed may still be counting.
func TestRetiredKeepTheirNumbersForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, processor.Options{})
		for i := range 100 {
			cfg := processor.ConnectionConfig{Name: strconv.Itoa(i), Open: processortest.New(processortest.Step{}).Open}
			if err := f.Reload(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			end(f, 1, 2)
			synctest.Wait() // the one before has drained
		}
		time.Sleep(time.Second)
		st := f.Stats()
		mustHold(t, st)
		if len(st.Retired) != 99 || st.Exported != 100 {
			t.Errorf("%d retired, %d exported; want 99, 100", len(st.Retired), st.Exported)
		}
	})
}

// TestRetiredSpoolIsCountedOnce retires a connection whose spool was opened twice.
func TestRetiredSpoolIsCountedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, processor.Options{})
		reload := func(name string, claims []string, backlog int64) {
			t.Helper()
			err := f.Reload(t.Context(), processor.ConnectionConfig{
				Name: name, Claims: claims, Fingerprint: time.Now().String(), Open: func(context.Context) (sdktrace.SpanExporter, error) {
					return &spooler{Exporter: processortest.New(), inherited: backlog, pending: backlog}, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		reload("spool", []string{"dir:x"}, 30)
		reload("spool", []string{"dir:x"}, 30)
		for i := range 100 {
			reload(strconv.Itoa(i), nil, 0)
		}
		st := f.Stats()
		mustHold(t, st)
		if st.Retired["spool"] != nil || st.Inherited != 30 || st.SpoolPending != 30 {
			t.Errorf("inherited %d, pending %d; want 30, 30", st.Inherited, st.SpoolPending)
		}
	})
}

func TestNameOfTheOthersIsReserved(t *testing.T) {
	t.Parallel()
	_, err := processor.New(t.Context(), processor.Options{}, processor.ConnectionConfig{Name: processor.OtherRetired, Open: processortest.New().Open})
	if want := `connection 1 of 1 is named "*": that name is for removed connections in the statistics`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %s", cmp.Diff(want, fmt.Sprint(err)))
	}
}
