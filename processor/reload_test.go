package processor_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// TestReloadThousandTimesUnderLoad replaces one connection, swaps the decider of another and
// adds and removes a third, while spans are ending. The connections that stay get each span
// exactly once.
func TestReloadThousandTimesUnderLoad(t *testing.T) {
	t.Parallel()
	reloads := 1000
	if testing.Short() {
		reloads = 100
	}
	kept := processortest.New()
	var replaced []*processortest.Exporter
	list := func(i int) []processor.ConnectionConfig {
		e := processortest.New()
		replaced = append(replaced, e)
		conns := []processor.ConnectionConfig{
			{Name: "kept", Open: kept.Open, Overflow: processor.OverflowBlock, BlockTimeout: time.Minute},
			{
				Name: "replaced", Fingerprint: strconv.Itoa(i), Open: e.Open,
				Overflow: processor.OverflowBlock, BlockTimeout: time.Minute,
			},
		}
		if i%3 == 0 {
			conns[1].Claims = []string{"file:one"}
		}
		if i%2 == 0 {
			conns = append(conns, processor.ConnectionConfig{Name: "guest", Open: processortest.New().Open})
			conns[0].Decider = decide(func(*decision.Span, float64) decision.Verdict { return decision.Verdict{Keep: true} })
		}
		return conns
	}
	f := open(t, processor.Options{}, list(0)...)
	var next atomic.Uint64
	stop := make(chan struct{})
	var producers sync.WaitGroup
	for range 4 {
		producers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					f.OnEnd(processortest.Span(next.Add(1)))
				}
			}
		})
	}
	alone := rate(&next, 200*time.Millisecond)
	begun, before := time.Now(), next.Load()
	for i := range reloads {
		if err := f.Reload(t.Context(), list(i+1)...); err != nil {
			t.Fatal(err)
		}
	}
	during := float64(next.Load()-before) / time.Since(begun).Seconds()
	close(stop)
	producers.Wait()
	_ = mustOnlyLose(t, f.Shutdown(t.Context()))
	t.Logf("%d reloads in %s; %.0f%% of the throughput before them", reloads, time.Since(begun), 100*during/alone)
	st := f.Stats()
	mustHold(t, st)
	exactlyOnce(t, "kept", next.Load(), kept)
	exactlyOnce(t, "replaced", next.Load(), replaced...)
	for _, name := range []string{"kept", "replaced"} {
		if c := st.Connections[name]; c.Exported != int64(next.Load()) || c.Offered != c.Exported {
			t.Errorf("%s: %d offered, %d exported, %d ended", name, c.Offered, c.Exported, next.Load())
		}
	}
}

// rate returns how much n grows in a second.
func rate(n *atomic.Uint64, during time.Duration) float64 {
	start, before := time.Now(), n.Load()
	<-time.After(during)
	return float64(n.Load()-before) / time.Since(start).Seconds()
}

func exactlyOnce(t *testing.T, name string, total uint64, exporters ...*processortest.Exporter) {
	t.Helper()
	seen := make(map[trace.SpanID]bool, total)
	for _, e := range exporters {
		for _, id := range e.Exported() {
			if seen[id] {
				t.Fatalf("%s: span %s was delivered twice", name, id)
			}
			seen[id] = true
		}
		if e.Misuse() > 0 {
			t.Errorf("%s: %d misuses", name, e.Misuse())
		}
	}
	if uint64(len(seen)) != total {
		t.Errorf("%s: %d spans were delivered, %d ended", name, len(seen), total)
	}
}

func TestReloadThatCannotOpenChangesNothing(t *testing.T) {
	t.Parallel()
	old, fresh := processortest.New(), processortest.New()
	f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "old", Open: old.Open})
	err := f.Reload(t.Context(),
		processor.ConnectionConfig{Name: "fresh", Open: fresh.Open},
		processor.ConnectionConfig{Name: "bad", Open: func(context.Context) (sdktrace.SpanExporter, error) {
			return nil, errors.New("no such host")
		}})
	if want := `connection "bad": open: no such host`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if fresh.Shutdowns() != 1 || old.Shutdowns() != 0 {
		t.Errorf("shutdowns: %d of the new, %d of the old; want 1, 0", fresh.Shutdowns(), old.Shutdowns())
	}
	end(f, 1, 11)
	if err := f.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	st := f.Stats()
	if st.ConnectionCount != 1 || st.Connections["old"].Exported != 10 || len(st.Retired) != 0 {
		t.Errorf("%+v", st)
	}
}

func TestReloadKeepsAnUnchangedConnectionAndSwapsItsDecider(t *testing.T) {
	t.Parallel()
	e := processortest.New()
	opened := 0
	cfg := processor.ConnectionConfig{Name: "c", Fingerprint: "1", Schedule: time.Hour, Open: func(ctx context.Context) (sdktrace.SpanExporter, error) {
		opened++
		return e.Open(ctx)
	}}
	f := open(t, processor.Options{}, cfg)
	end(f, 1, 11)
	cfg.Decider = decide(func(*decision.Span, float64) decision.Verdict { return decision.Verdict{} })
	if err := f.Reload(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	end(f, 11, 31)
	c := f.Stats().Connections["c"]
	if opened != 1 || c.Pending != 10 || c.SampledOut != 20 {
		t.Errorf("opened %d times, %d pending, %d sampled out; want 1, 10, 20", opened, c.Pending, c.SampledOut)
	}
}

func TestRemovedConnectionDrainsAndItsNumbersStay(t *testing.T) {
	t.Parallel()
	e := processortest.New()
	cfg := processor.ConnectionConfig{Name: "gone", Open: e.Open, Schedule: time.Hour}
	f := open(t, processor.Options{}, cfg)
	end(f, 1, 11)
	if err := f.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	end(f, 11, 21) // nobody is there
	eventually(t, "it has drained", func() bool { return e.Shutdowns() == 1 })
	st := f.Stats()
	if c := st.Retired["gone"]; c == nil || c.Exported != 10 || c.Pending != 0 || c.Offered != 10 {
		t.Errorf("retired: %+v", c)
	}
	if st.ConnectionCount != 0 || st.Exported != 10 {
		t.Errorf("%d connections, %d exported in all; want 0, 10", st.ConnectionCount, st.Exported)
	}
	// It comes back under the same name and goes on counting.
	again := processortest.New()
	cfg.Open = again.Open
	if err := f.Reload(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	end(f, 21, 26)
	if err := f.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	st = f.Stats()
	if c := st.Connections["gone"]; c.Exported != 15 || len(st.Retired) != 0 {
		t.Errorf("%d exported, retired: %v; want 15, none", c.Exported, st.Retired)
	}
	mustHold(t, st)
}

func TestRemovedConnectionThatHangsIsCutOffAfterTheDrainTimeout(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	e := processortest.New(processortest.Step{Hang: hang, Deaf: true})
	f := open(t, processor.Options{DrainTimeout: 30 * time.Millisecond},
		processor.ConnectionConfig{Name: "hung", Open: e.Open, BatchSize: 5})
	end(f, 1, 16)
	eventually(t, "the export hangs", func() bool { return e.Busy() == 1 })
	if err := f.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is cut off", func() bool {
		c := f.Stats().Retired["hung"]
		return c.Abandoned == 5 && c.Failed == 10 && c.Pending == 0
	})
	close(hang)
	eventually(t, "its exporter is shut down", func() bool { return e.Shutdowns() == 1 })
}

func TestReloadDoesNotWaitForWhatDrains(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	e := processortest.New(processortest.Step{Hang: hang, Deaf: true})
	f := open(t, processor.Options{DrainTimeout: time.Hour}, processor.ConnectionConfig{Name: "hung", Open: e.Open, BatchSize: 5})
	end(f, 1, 6)
	eventually(t, "the export hangs", func() bool { return e.Busy() == 1 })
	reloaded := make(chan error, 1)
	go func() { reloaded <- f.Reload(t.Context()) }()
	select {
	case err := <-reloaded:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("Reload waits for a connection that is removed")
	}
	close(hang)
	eventually(t, "its exporter is shut down", func() bool { return e.Shutdowns() == 1 })
}

func TestSuccessorThatClaimsTheSameOpensAfterItsPredecessorHasClosed(t *testing.T) {
	t.Parallel()
	first, second := processortest.New(processortest.Step{Delay: 20 * time.Millisecond}), processortest.New()
	var order []string
	cfg := processor.ConnectionConfig{
		Name: "file", Fingerprint: "1", Open: first.Open, Claims: []string{"file:/x"}, BatchSize: 10,
	}
	f := open(t, processor.Options{}, cfg)
	end(f, 1, 11)
	cfg.Fingerprint = "2"
	cfg.Open = func(ctx context.Context) (sdktrace.SpanExporter, error) {
		if first.Shutdowns() != 1 {
			order = append(order, "opened while the other was open")
		}
		return second.Open(ctx)
	}
	if err := f.Reload(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	end(f, 11, 21)
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(order) > 0 || len(first.Exported()) != 10 || len(second.Exported()) != 10 {
		t.Errorf("%v; %d in the first, %d in the second, want 10 and 10", order, len(first.Exported()), len(second.Exported()))
	}
	if c := f.Stats().Connections["file"]; c.Exported != 20 {
		t.Errorf("%d exported, want 20", c.Exported)
	}
}

func TestSuccessorOfAHungConnectionCollectsAndSaysSo(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	first, second := processortest.New(processortest.Step{Hang: hang, Deaf: true}), processortest.New()
	cfg := processor.ConnectionConfig{
		Name: "file", Fingerprint: "1", Open: first.Open, Claims: []string{"file:/x"}, BatchSize: 5,
	}
	f := open(t, processor.Options{DrainTimeout: 20 * time.Millisecond}, cfg)
	end(f, 1, 6)
	eventually(t, "the export hangs", func() bool { return first.Busy() == 1 })
	cfg.Fingerprint, cfg.Open = "2", second.Open
	err := f.Reload(t.Context(), cfg)
	if !errors.Is(err, processor.ErrNotOpened) || !strings.Contains(err.Error(), `connection "file"`) || !strings.Contains(err.Error(), "file:/x") {
		t.Fatalf("got %v", err)
	}
	end(f, 6, 16)
	eventually(t, "the old one is cut off, and the new one holds ten", func() bool {
		c := f.Stats().Connections["file"]
		return c.Abandoned == 5 && c.Pending == 10
	})
	if h := f.Health().Connections["file"]; h.State != processor.StateFailing || !strings.Contains(h.Why, "file:/x") {
		t.Errorf("health: %+v", h)
	}
	close(hang)
	eventually(t, "the successor has what it collected", func() bool { return len(second.Exported()) == 10 })
}

func TestSuccessorThatCannotBeOpenedIsTriedAgain(t *testing.T) {
	t.Parallel()
	first, second := processortest.New(), processortest.New()
	var attempts atomic.Int64
	cfg := processor.ConnectionConfig{Name: "file", Open: first.Open, Claims: []string{"file:/x"}, BatchSize: 5}
	f := open(t, processor.Options{}, cfg)
	cfg.Fingerprint, cfg.Open = "2", func(ctx context.Context) (sdktrace.SpanExporter, error) {
		if attempts.Add(1) == 1 {
			return nil, errors.New("permission denied")
		}
		return second.Open(ctx)
	}
	err := f.Reload(t.Context(), cfg)
	if want := `connection "file": not open yet: open: permission denied`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	end(f, 1, 6)
	eventually(t, "the batch has failed", func() bool { return f.Stats().Connections["file"].Failed == 5 })
	if h := f.Health(); h.State != processor.StateFailing || !strings.Contains(h.Connections["file"].Why, "permission denied") {
		t.Errorf("health: %+v", h)
	}
	eventually(t, "it was opened after all", func() bool {
		end(f, 6, 11)
		return attempts.Load() == 2
	})
	if lost := mustOnlyLose(t, f.Shutdown(t.Context())); lost == nil || lost.Connections["file"].Failed == 0 {
		t.Errorf("told %v", lost)
	}
	if len(second.Exported()) == 0 || second.Shutdowns() != 1 {
		t.Errorf("%d spans, %d shutdowns", len(second.Exported()), second.Shutdowns())
	}
}

func TestReloadAfterShutdownIsRefused(t *testing.T) {
	t.Parallel()
	f := open(t, processor.Options{})
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	opened := false
	if err := f.Reload(t.Context(), processor.ConnectionConfig{Name: "c", Open: func(context.Context) (sdktrace.SpanExporter, error) {
		opened = true
		return processortest.New(), nil
	}}); !errors.Is(err, processor.ErrShutdown) {
		t.Errorf("got %v", err)
	}
	if opened {
		t.Error("a connection was opened for nothing")
	}
}

func TestReloadThatShutdownOvertakesIsUndone(t *testing.T) {
	t.Parallel()
	f := open(t, processor.Options{})
	e := processortest.New()
	err := f.Reload(t.Context(), processor.ConnectionConfig{Name: "c", Open: func(ctx context.Context) (sdktrace.SpanExporter, error) {
		return e, f.Shutdown(ctx)
	}})
	if !errors.Is(err, processor.ErrShutdown) {
		t.Errorf("got %v", err)
	}
	if e.Shutdowns() != 1 {
		t.Error("the exporter that was opened for nothing is still open")
	}
	if st := f.Stats(); st.ConnectionCount != 0 || len(st.Retired) != 0 {
		t.Errorf("%+v", st)
	}
}

func TestReloadIsUndoneAlthoughAnExporterDoesNotShutDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		deaf := processortest.Step{Hang: hang, Deaf: true}
		first, second := processortest.New().OnShutdown(deaf), processortest.New().OnShutdown(deaf)
		f := open(t, processor.Options{})
		start := time.Now()
		err := f.Reload(t.Context(), // it has no deadline
			processor.ConnectionConfig{Name: "first", Open: first.Open, Claims: []string{"file:/x"}, ExportTimeout: time.Second},
			processor.ConnectionConfig{Name: "second", Open: second.Open, ExportTimeout: time.Second},
			processor.ConnectionConfig{Name: "bad"})
		for _, want := range []string{
			`connection "bad": open: there is no function`,
			`connection "first": its exporter is still shutting down`, `connection "second": its exporter is still shutting down`,
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		if took := time.Since(start); took > 1500*time.Millisecond {
			t.Errorf("it took %s, want a second: all at once", took)
		}
		// What the first one claims it still has.
		third := processortest.New()
		done := make(chan error, 1)
		go func() {
			done <- f.Reload(t.Context(), processor.ConnectionConfig{Name: "third", Claims: []string{"file:/x"}, Open: func(context.Context) (sdktrace.SpanExporter, error) {
				select {
				case <-hang:
				default:
					t.Error("opened while another one has what it claims")
				}
				return third, nil
			}})
		}()
		synctest.Wait()
		close(hang)
		if err := <-done; err != nil {
			t.Error(err)
		}
		end(f, 1, 11)
		if err := f.Shutdown(t.Context()); err != nil || len(third.Exported()) != 10 {
			t.Errorf("%d spans were exported, want 10: %v", len(third.Exported()), err)
		}
	})
}

// spoolingExporter exports and spools whatever comes.
type spoolingExporter struct {
	*processortest.Exporter
	spooled atomic.Int64
}

func (s *spoolingExporter) SpoolSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	s.spooled.Add(int64(len(spans)))
	return nil
}

func TestSuccessorThatWaitsForItsSpoolLosesNothingThatFits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		first := &spoolingExporter{Exporter: processortest.New().OnShutdown(processortest.Step{Hang: hang, Deaf: true})}
		second := &spoolingExporter{Exporter: processortest.New()}
		cfg := processor.ConnectionConfig{
			Name: "c", Fingerprint: "1", Claims: []string{"spool:/x"}, Overflow: processor.OverflowSpool, QueueSize: 20, BatchSize: 5,
			Open: func(context.Context) (sdktrace.SpanExporter, error) { return first, nil },
		}
		f := open(t, processor.Options{}, cfg)
		cfg.Fingerprint, cfg.Open = "2", func(context.Context) (sdktrace.SpanExporter, error) { return second, nil }
		done := make(chan error, 1)
		go func() { done <- f.Reload(t.Context(), cfg) }()
		synctest.Wait()
		end(f, 1, 19+5) // the queue, and a batch for a spool that isn't there yet
		synctest.Wait()
		if c := f.Stats().Connections["c"]; c.Pending != 23 || c.Dropped.Total() != 0 {
			t.Errorf("%d pending, %d dropped; want 23, 0", c.Pending, c.Dropped.Total())
		}
		close(hang)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := f.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if c := f.Stats().Connections["c"]; c.Exported != 18 || c.Spooled != 5 || second.spooled.Load() != 5 {
			t.Errorf("%d exported, %d spooled; want 18, 5", c.Exported, c.Spooled)
		}
	})
}

func TestSpoolOfAConnectionThatIsNotOpenSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		first := &spoolingExporter{Exporter: processortest.New()}
		cfg := processor.ConnectionConfig{
			Name: "c", Fingerprint: "1", Claims: []string{"spool:/x"}, Overflow: processor.OverflowSpool, QueueSize: 20, BatchSize: 20,
			Open: func(context.Context) (sdktrace.SpanExporter, error) { return first, nil }, Schedule: time.Hour,
		}
		f := open(t, processor.Options{Logger: log.logger(slog.LevelWarn)}, cfg)
		tried, hang := false, make(chan struct{})
		cfg.Fingerprint, cfg.Open = "2", func(context.Context) (sdktrace.SpanExporter, error) {
			if tried {
				<-hang
			}
			tried = true
			return nil, errors.New("permission denied")
		}
		if err := f.Reload(t.Context(), cfg); !errors.Is(err, processor.ErrNotOpened) {
			t.Errorf("got %v", err)
		}
		time.Sleep(2 * time.Second) // the first export tries to open it again, and hangs
		end(f, 1, 19+20)
		time.Sleep(2 * time.Second) // the losses are told
		found := false
		for _, l := range log.all(t) {
			found = found || l["cause"] == "spool_refused" && l["last_error"] == "spool: open: permission denied"
		}
		if !found {
			t.Errorf("the log is %v", log.all(t))
		}
		close(hang)
		_ = f.Shutdown(t.Context())
	})
}

func TestReloadWaitsItsTurn(t *testing.T) {
	t.Parallel()
	f := open(t, processor.Options{})
	entered, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- f.Reload(t.Context(), processor.ConnectionConfig{Name: "c", Open: func(ctx context.Context) (sdktrace.SpanExporter, error) {
			close(entered)
			<-leave
			return processortest.New().Open(ctx)
		}})
	}()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := f.Reload(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := f.Shutdown(t.Context()); err != nil { // doesn't wait for the reload
		t.Error(err)
	}
	close(leave)
	if err := <-done; !errors.Is(err, processor.ErrShutdown) {
		t.Errorf("the reload that Shutdown overtook says %v", err)
	}
}
