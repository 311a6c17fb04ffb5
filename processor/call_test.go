package processor_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

func TestExportThatOutlivesItsTimeoutIsAbandonedUntilItReturns(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err              error
		exported, failed int64
	}{"success": {exported: 5}, "failure": {err: errors.New("too late"), failed: 5}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hang := make(chan struct{})
				e := processortest.New(processortest.Step{Hang: hang, Deaf: true, Err: tc.err})
				f := open(t, processor.Options{}, processor.ConnectionConfig{
					Name: "c", Open: e.Open, BatchSize: 5, ExportTimeout: time.Second,
				})
				end(f, 1, 6)
				time.Sleep(999 * time.Millisecond)
				if got := f.Stats().Connections["c"]; got.Pending != 5 || got.Abandoned != 0 {
					t.Errorf("before the timeout %d are pending, %d abandoned; want 5, 0", got.Pending, got.Abandoned)
				}
				time.Sleep(100 * time.Millisecond)
				end(f, 6, 11)
				time.Sleep(time.Minute)
				got := f.Stats().Connections["c"]
				if got.Pending != 5 || got.Abandoned != 5 || got.WriteErrorCount != 1 || e.Begun() != 1 {
					t.Errorf("%d pending, %d abandoned, %d write errors, %d exports; want 5, 5, 1, 1",
						got.Pending, got.Abandoned, got.WriteErrorCount, e.Begun())
				}
				mustHold(t, f.Stats())
				close(hang)
				synctest.Wait()
				got = f.Stats().Connections["c"]
				if got.Abandoned != 0 || got.Exported != 5+tc.exported || got.Failed != tc.failed || got.FlushCount != 2 {
					t.Errorf("%d abandoned, %d exported, %d failed in %d exports; want 0, %d, %d, 2",
						got.Abandoned, got.Exported, got.Failed, got.FlushCount, 5+tc.exported, tc.failed)
				}
				if e.Misuse() != 0 {
					t.Error("two exports ran at once")
				}
				mustHold(t, f.Stats())
			})
		})
	}
}

func TestExporterThatHeedsItsContextIsNeverAbandoned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := processortest.New(processortest.Step{Delay: time.Hour})
		f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 5, ExportTimeout: time.Second})
		end(f, 1, 6)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := f.Stats().Connections["c"]; got.Failed != 5 || got.Abandoned != 0 || got.LastWriteLatencyMS != 1000 {
			t.Errorf("%d failed, %d abandoned after %v ms; want 5, 0, 1000", got.Failed, got.Abandoned, got.LastWriteLatencyMS)
		}
		if err := e.Calls()[0].Err; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the exporter saw %v", err)
		}
	})
}

// tardy returns a little after its context has ended.
type tardy struct{ *processortest.Exporter }

func (tardy) ExportSpans(ctx context.Context, _ []sdktrace.ReadOnlySpan) error {
	<-ctx.Done()
	time.Sleep(40 * time.Millisecond)
	return ctx.Err()
}

// An exporter needs a moment to notice that its time is up: a twentieth of it, 50 ms at most.
func TestExporterHasAMomentAfterItsTimeout(t *testing.T) {
	t.Parallel()
	for timeout, abandoned := range map[time.Duration]int64{time.Second: 0, time.Hour: 0, 100 * time.Millisecond: 5} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := open(t, processor.Options{}, processor.ConnectionConfig{
					Name: "c", BatchSize: 5, ExportTimeout: timeout,
					Open: func(context.Context) (sdktrace.SpanExporter, error) { return tardy{processortest.New()}, nil },
				})
				end(f, 1, 6)
				time.Sleep(timeout + 39*time.Millisecond)
				synctest.Wait()
				if got := f.Stats().Connections["c"]; got.Abandoned != abandoned || got.Pending != 5-abandoned {
					t.Errorf("%d abandoned, %d pending; want %d, %d", got.Abandoned, got.Pending, abandoned, 5-abandoned)
				}
				time.Sleep(2 * time.Millisecond)
				synctest.Wait()
				if got := f.Stats().Connections["c"]; got.Failed != 5 {
					t.Errorf("%d failed, want 5", got.Failed)
				}
			})
		})
	}
}

// quitter ends the goroutine that calls it.
type quitter struct{ *processortest.Exporter }

func (quitter) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	runtime.Goexit()
	return nil
}

// liar returns an error whose methods panic.
type liar struct{ *processortest.Exporter }

type evilError struct{}

func (evilError) Error() string               { panic("no text") }   //nolint:forbidigo // the fault under test
func (evilError) SpanResult() (int, int, int) { panic("no result") } //nolint:forbidigo // the fault under test

func (liar) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return evilError{} }

type wordless struct{}

func (wordless) Error() string { panic("no text") } //nolint:forbidigo // the fault under test

func TestConnectionSurvivesWhatItsExporterDoes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		exporter sdktrace.SpanExporter
		failed   int64
	}{
		"panic":         {processortest.New(processortest.Step{Panic: "no"}), 5},
		"nil panic":     {processortest.New(processortest.Step{Panic: error(nil)}), 0},
		"goexit":        {quitter{processortest.New()}, 10},
		"evil error":    {liar{processortest.New()}, 10},
		"wordless":      {processortest.New(processortest.Step{Err: wordless{}}), 5},
		"endless error": {processortest.New(processortest.Step{Err: errors.New(strings.Repeat("ä", 1<<20))}), 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, processor.Options{}, processor.ConnectionConfig{
				Name: "c", Open: func(context.Context) (sdktrace.SpanExporter, error) { return tc.exporter, nil }, BatchSize: 5,
			})
			end(f, 1, 6)
			err := f.ForceFlush(t.Context())
			if tc.failed > 0 && (err == nil || !strings.Contains(err.Error(), `connection "c": 5 spans were not exported: `)) {
				t.Errorf("ForceFlush: %v", err)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			end(f, 6, 11)
			_ = f.ForceFlush(t.Context())
			got := f.Stats().Connections["c"]
			if got.Failed != tc.failed || got.Exported != 10-tc.failed || got.Pending != 0 {
				t.Errorf("%d failed, %d exported, %d pending; want %d, %d, 0",
					got.Failed, got.Exported, got.Pending, tc.failed, 10-tc.failed)
			}
			mustHold(t, f.Stats())
		})
	}
}

func TestPartialResultsAreSplit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		give                      reported
		exported, failed, spooled int64
	}{
		"all three":       {reported{4, 3, 3}, 4, 3, 3},
		"too few":         {reported{4, 0, 0}, 4, 6, 0},
		"too many":        {reported{9, 9, 9}, 0, 9, 1},
		"negative":        {reported{-4, -3, -3}, 0, 10, 0},
		"all spooled":     {reported{0, 0, 10}, 0, 0, 10},
		"all delivered":   {reported{10, 0, 0}, 10, 0, 0},
		"absurd exported": {reported{math.MaxInt, 0, 0}, 10, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := processortest.New(processortest.Step{Err: tc.give})
			f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open})
			end(f, 1, 11)
			_ = f.ForceFlush(t.Context())
			got := f.Stats().Connections["c"]
			if got.Exported != tc.exported || got.Failed != tc.failed || got.Spooled != tc.spooled {
				t.Errorf("%d exported, %d failed, %d spooled; want %d, %d, %d",
					got.Exported, got.Failed, got.Spooled, tc.exported, tc.failed, tc.spooled)
			}
			if wantErrors := min(tc.failed, 1); got.WriteErrorCount != wantErrors {
				t.Errorf("%d write errors, want %d", got.WriteErrorCount, wantErrors)
			}
			mustHold(t, f.Stats())
		})
	}
}

// reported is an error that says what it is told to.
type reported [3]int

func (reported) Error() string { return "partly" }

func (r reported) SpanResult() (exported, failed, spooled int) { return r[0], r[1], r[2] }

func TestRetainedSliceIsNeverReused(t *testing.T) {
	t.Parallel()
	e := processortest.New().Retain()
	f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 4})
	end(f, 1, 101)
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := uint64(1)
	for _, batch := range e.Retained() {
		for _, s := range batch {
			if s == nil || number(s) != want {
				t.Fatalf("the slice holds %v where span %d was", s, want)
			}
			want++
		}
	}
	if want != 101 {
		t.Errorf("%d spans were kept, want 100", want-1)
	}
}

// booby is an error whose methods panic.
type booby struct{}

func (*booby) Error() string { panic("no text") } //nolint:forbidigo // this is what it is for
func (*booby) Is(error) bool { panic("no idea") } //nolint:forbidigo // this is what it is for

func TestErrorWhoseMethodsPanicHarmsNobody(t *testing.T) {
	t.Parallel()
	e := processortest.New(processortest.Step{Err: new(booby)})
	f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, Schedule: time.Hour})
	end(f, 1, 11)
	err := f.ForceFlush(t.Context())
	if err == nil || errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*processortest.Partial)) {
		t.Errorf("got %v", err)
	}
	if err := f.Shutdown(t.Context()); err != nil { // the reporter looks at the error, too
		t.Error(err)
	}
	if c := f.Stats().Connections["c"]; c.Failed != 10 {
		t.Errorf("%d failed, want 10", c.Failed)
	}
}

func TestErrorsOfDriversCanBeTold(t *testing.T) {
	t.Parallel()
	e := processortest.New(processortest.Step{Err: &processortest.Partial{Failed: 10}}, processortest.Step{Err: context.DeadlineExceeded})
	f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open})
	end(f, 1, 11)
	var part *processortest.Partial
	if err := f.ForceFlush(t.Context()); !errors.As(err, &part) || part.Failed != 10 {
		t.Errorf("got %v", err)
	}
	end(f, 11, 21)
	if err := f.ForceFlush(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
