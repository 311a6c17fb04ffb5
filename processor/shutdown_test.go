package processor_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

func TestShutdownKeepsItsDeadlineWithAHungConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		hung := processortest.New(processortest.Step{Hang: hang, Deaf: true})
		others := []*processortest.Exporter{processortest.New(), processortest.New(), processortest.New()}
		conns := []processor.ConnectionConfig{{Name: "hung", Open: hung.Open, BatchSize: 100}}
		for i, e := range others {
			conns = append(conns, processor.ConnectionConfig{Name: string(rune('a' + i)), Open: e.Open})
		}
		var f *processor.Fanout
		labeled(t.Context(), t.Name(), func(context.Context) { f = open(t, processor.Options{}, conns...) }) //nolint:contextcheck // open takes that of t
		end(f, 1, 501)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := f.Shutdown(ctx)
		took := time.Since(start)
		// 100 ms, and some grace for the exporter to heed its context.
		if took < 100*time.Millisecond || took > 150*time.Millisecond {
			t.Errorf("Shutdown took %s, want 100ms to 150ms", took)
		}
		if err == nil || !strings.Contains(err.Error(), `connection "hung": 500 spans were waiting at the deadline: context deadline exceeded`) {
			t.Errorf("Shutdown says %v", err)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v is not a deadline", err)
		}
		for i, e := range others {
			if got := len(e.Exported()); got != 500 || e.Shutdowns() != 1 {
				t.Errorf("connection %d has %d spans and %d shutdowns, want 500 and 1", i, got, e.Shutdowns())
			}
		}
		final := *f.Stats().Connections["hung"]
		if final.Abandoned != 100 || final.Failed != 400 || final.Pending != 0 {
			t.Errorf("%d abandoned, %d failed, %d pending; want 100, 400, 0", final.Abandoned, final.Failed, final.Pending)
		}
		eventually(t, "only the hung call is left", func() bool {
			left := goroutines(t.Name())
			return len(left) == 1 && strings.Contains(left[0], "(*export).run")
		})
		close(hang)
		eventually(t, "the exporter is shut down when its call returns", func() bool { return hung.Shutdowns() == 1 })
		if got := *f.Stats().Connections["hung"]; got != final {
			t.Errorf("the numbers were final, but changed from\n%+v to\n%+v", final, got)
		}
		if hung.Begun() != 1 || hung.Misuse() != 0 {
			t.Errorf("%d exports, %d misuses", hung.Begun(), hung.Misuse())
		}
		if again := f.Shutdown(t.Context()); again == nil || again.Error() != err.Error() {
			t.Errorf("the second Shutdown says %v", again)
		}
	})
}

func TestShutdownCancelsAnExporterThatHeedsItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := processortest.New(processortest.Step{Delay: time.Hour})
		f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 5, ExportTimeout: 2 * time.Hour})
		end(f, 1, 21)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := f.Shutdown(ctx)
		if got := since(start); got != "1s" {
			t.Errorf("it took %s, want 1s", got)
		}
		if want := "connection \"c\": 20 spans were waiting at the deadline: context deadline exceeded\nconnection \"c\": 20 spans were not exported: context canceled"; err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if got := f.Stats().Connections["c"]; got.Failed != 20 || got.Abandoned != 0 {
			t.Errorf("%d failed, %d abandoned; want 20, 0", got.Failed, got.Abandoned)
		}
		if e.Begun() != 1 || e.Shutdowns() != 1 {
			t.Errorf("%d exports, %d shutdowns; want 1, 1", e.Begun(), e.Shutdowns())
		}
	})
}

func TestShutdownNamesEveryProblem(t *testing.T) {
	t.Parallel()
	failing := processortest.New(processortest.Step{Err: errors.New("no route")})
	closing := processortest.New().OnShutdown(processortest.Step{Err: errors.New("flush: disk full")})
	panics := processortest.New().OnShutdown(processortest.Step{Panic: "late"})
	f := open(t, processor.Options{},
		processor.ConnectionConfig{Name: "failing", Open: failing.Open},
		processor.ConnectionConfig{Name: "closing", Open: closing.Open},
		processor.ConnectionConfig{Name: "panics", Open: panics.Open})
	end(f, 1, 11)
	err := f.Shutdown(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`connection "failing": 10 spans were not exported: no route`,
		`connection "closing": shut down its exporter: flush: disk full`,
		`connection "panics": shut down its exporter: the driver panicked: late`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

func TestShutdownDoesNotWaitForASlowShutdownOfAnExporter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := processortest.New().OnShutdown(processortest.Step{Delay: time.Hour, Deaf: true})
		f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open})
		end(f, 1, 11)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := f.Shutdown(ctx)
		if took := time.Since(start); took > 1100*time.Millisecond {
			t.Errorf("it took %s", took)
		}
		if err == nil || !strings.Contains(err.Error(), `connection "c": its exporter is still shutting down`) {
			t.Errorf("got %v", err)
		}
		if got := f.Stats().Connections["c"]; got.Exported != 10 {
			t.Errorf("%d exported, want 10", got.Exported)
		}
		time.Sleep(2 * time.Hour)
	})
}

func TestShutdownWithoutADeadlineGivesUpOnAHungExporter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		e := processortest.New(processortest.Step{Hang: hang, Deaf: true})
		f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, BatchSize: 5, ExportTimeout: time.Minute})
		end(f, 1, 11)
		start := time.Now()
		err := f.Shutdown(t.Context())
		if took := time.Since(start); took < 5*time.Second || took > 6*time.Second {
			t.Errorf("it took %s", took)
		}
		if err == nil || !strings.Contains(err.Error(), "10 spans were waiting at the deadline") {
			t.Errorf("got %v", err)
		}
		close(hang)
	})
}

func TestShutdownFromManyGoroutinesConcurrentSafe(t *testing.T) {
	t.Parallel()
	e := processortest.New(processortest.Step{Delay: time.Millisecond, Err: errors.New("no")})
	f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open})
	end(f, 1, 11)
	var group sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		group.Go(func() { errs[i] = f.Shutdown(t.Context()) })
	}
	group.Wait()
	for _, err := range errs {
		if err == nil || err.Error() != errs[0].Error() {
			t.Errorf("got %v and %v", err, errs[0])
		}
	}
	if e.Shutdowns() != 1 {
		t.Errorf("the exporter was shut down %d times", e.Shutdowns())
	}
}

func TestSpansAfterShutdownAreCounted(t *testing.T) {
	t.Parallel()
	e := processortest.New()
	f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open})
	end(f, 1, 11)
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	end(f, 11, 111)
	st := f.Stats()
	if got := st.Connections["c"]; got.Dropped.Closed != 100 || got.Offered != 110 || got.Exported != 10 || got.Adjusted.Dropped.Closed != 100 {
		t.Errorf("%+v", got)
	}
	if st.Started {
		t.Error("it says that it is started")
	}
	mustHold(t, st)
}

func TestShutdownKeepsItsDeadlineWithAnAbandonedExport(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	e := processortest.New(processortest.Step{Hang: hang, Deaf: true})
	f := open(t, processor.Options{}, processor.ConnectionConfig{
		Name: "c", Open: e.Open, BatchSize: 5, ExportTimeout: time.Millisecond,
	})
	end(f, 1, 6)
	eventually(t, "the export is abandoned", func() bool { return f.Stats().Connections["c"].Abandoned == 5 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := f.Shutdown(ctx)
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	if want := "connection \"c\": 0 spans were waiting at the deadline: context deadline exceeded\nconnection \"c\": 5 spans are in an export that has not returned: the export has not returned"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	close(hang)
	eventually(t, "its exporter is shut down", func() bool { return e.Shutdowns() == 1 })
}

// A driver that hangs while it is opened, and heeds nothing, must not keep Shutdown.
func TestShutdownKeepsItsDeadlineWithAHangingOpen(t *testing.T) {
	t.Parallel()
	e, goOn := processortest.New(), make(chan struct{})
	f := open(t, processor.Options{}, processor.ConnectionConfig{
		Name: "c", Fingerprint: "1", Claims: []string{"file:x"}, Open: e.Open,
	})
	hangs := func(context.Context) (sdktrace.SpanExporter, error) {
		<-goOn
		return processortest.New(), nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	reload, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if err := f.Reload(reload, processor.ConnectionConfig{
		Name: "c", Fingerprint: "2", Claims: []string{"file:x"}, Open: hangs,
	}); !errors.Is(err, processor.ErrNotOpened) {
		t.Fatalf("the reload returned %v", err)
	}
	start := time.Now()
	err := f.Shutdown(ctx)
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	if err == nil || !strings.Contains(err.Error(), "still being opened") {
		t.Errorf("got %v", err)
	}
	close(goOn)
}

// keeping is an exporter whose destination hangs, and which keeps what its context ends.
type keeping struct{ *processortest.Exporter }

func (keeping) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	<-ctx.Done()
	return &processortest.Partial{Spooled: len(spans)}
}

func (keeping) SpoolSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }

// A spool is there for what can't be sent, so that a destination that hangs costs nothing.
func TestShutdownLeavesTimeForTheSpool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "c", BatchSize: 10, QueueSize: 200,
			Open: func(context.Context) (sdktrace.SpanExporter, error) { return keeping{processortest.New()}, nil },
		})
		end(f, 1, 101)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := f.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown says %v", err)
		}
		if took := time.Since(start); took < 500*time.Millisecond || took > 900*time.Millisecond {
			t.Errorf("Shutdown took %v, want half of the time", took)
		}
		if c := f.Stats().Connections["c"]; c.Spooled != 100 {
			t.Errorf("%d spans spooled, %d failed, %d abandoned; want 100, 0, 0", c.Spooled, c.Failed, c.Abandoned)
		}
	})
}
