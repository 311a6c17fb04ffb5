package processor_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// dynamic is a Decider with a factor.
type dynamic struct {
	decide
	factor func() float64
}

func (d dynamic) FactorAt(float64) float64 { return d.factor() }

func TestStatsJSONHasTheKeysOfTheFrameworkBesideTheLedgers(t *testing.T) {
	t.Parallel()
	f := open(t, processor.Options{},
		processor.ConnectionConfig{Name: "a", Open: processortest.New().Open, Decider: dynamic{
			decide: func(*decision.Span, float64) decision.Verdict { return decision.Verdict{Reason: decision.ByLimit} },
			factor: func() float64 { return 0.5 },
		}},
		processor.ConnectionConfig{Name: "b", Open: processortest.New().Open})
	end(f, 1, 11)
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(f.Stats())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	counters := []string{
		"queue_len", "queue_cap", "queued_count", "sync_fallback_count", "flush_count", "flush_span_count",
		"write_error_count", "last_flush_latency_ms", "last_write_latency_ms", "dropped_count", "dynamic_sample_factor",
		"offered", "held", "traces_decided", "traces_early", "late_spans",
		"sampled_out", "sampled_out_head", "shed", "rate_limited", "dropped", "accepted", "pending", "abandoned", "exported", "failed",
		"spooled", "inherited", "spool_pending", "replayed", "dead", "expired", "resent", "adjusted",
	}
	slices.Sort(counters)
	conns, _ := got["connections"].(map[string]any)
	b, _ := conns["b"].(map[string]any)
	if diff := cmp.Diff(counters, slices.Sorted(maps.Keys(b))); diff != "" {
		t.Errorf("keys of a connection (-want +got):\n%s", diff)
	}
	all := append([]string{"started", "connection_count", "connections", "open_spans", "oldest_open_ms"}, counters...)
	slices.Sort(all)
	if diff := cmp.Diff(all, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("global keys (-want +got):\n%s", diff)
	}
	for key, want := range map[string]any{
		"started": true, "connection_count": 2.0, "dynamic_sample_factor": 0.5, "queue_cap": 32768.0,
		"dropped_count": 10.0, "rate_limited": 10.0, "exported": 10.0, "flush_span_count": 10.0, "flush_count": 1.0,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if b["dropped_count"] != 0.0 || b["dynamic_sample_factor"] != 1.0 {
		t.Errorf("b: %v", b)
	}
}

// spooler says what is in its spool.
type spooler struct {
	*processortest.Exporter
	mu                               sync.Mutex
	pending, replayed, dead, expired int64
	inherited                        int64
}

func (s *spooler) SpoolCounts() (pending, replayed, dead, expired int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending, s.replayed, s.dead, s.expired
}

func (s *spooler) SpoolInherited() int64 { return s.inherited }

func TestSpoolCountsAreInTheLedger(t *testing.T) {
	t.Parallel()
	s := &spooler{
		Exporter:  processortest.New(processortest.Step{Partial: &processortest.Partial{}}),
		inherited: 7, pending: 7,
	}
	cfg := processor.ConnectionConfig{Name: "c", Claims: []string{"dir:x"}, Open: func(context.Context) (sdktrace.SpanExporter, error) { return s, nil }}
	f := open(t, processor.Options{}, cfg)
	type spool struct{ Inherited, Spooled, Pending, Replayed, Dead, Expired int64 }
	check := func(when string, want spool) {
		t.Helper()
		st := f.Stats()
		mustHold(t, st)
		c := st.Connections["c"]
		got := spool{c.Inherited, c.Spooled, c.SpoolPending, c.Replayed, c.Dead, c.Expired}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", when, got, want)
		}
	}
	check("at first", spool{Inherited: 7, Pending: 7})
	s.mu.Lock()
	s.pending, s.replayed = 0, 9 // two spans of an export that hasn't returned yet
	s.mu.Unlock()
	check("ahead of the export", spool{Inherited: 7, Replayed: 7})
	end(f, 1, 11) // ten spans are spooled
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.pending, s.replayed, s.dead, s.expired = 4, 9, 3, 1
	s.mu.Unlock()
	check("at rest", spool{7, 10, 4, 9, 3, 1})

	// A reload opens the same spool again: what waited in it is inherited, not new.
	next := &spooler{Exporter: processortest.New(), inherited: 4, pending: 4}
	cfg.Fingerprint, cfg.Open = "2", func(context.Context) (sdktrace.SpanExporter, error) { return next, nil }
	if err := f.Reload(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the old one has drained", func() bool { return f.Stats().Connections["c"].Inherited == 7 })
	check("after the reload", spool{7, 10, 4, 9, 3, 1})
	next.mu.Lock()
	next.pending, next.replayed = 0, 4
	next.mu.Unlock()
	check("at the end", spool{7, 10, 0, 13, 3, 1})
}

// TestBacklogStaysWhenNobodyTakesOver: what a connection leaves behind counts as inherited
// again only when another one opens the same spool.
func TestBacklogStaysWhenNobodyTakesOver(t *testing.T) {
	t.Parallel()
	with := func(s *spooler, claim string) processor.ConnectionConfig {
		return processor.ConnectionConfig{
			Name: "c", Fingerprint: claim, Claims: []string{claim},
			Open: func(context.Context) (sdktrace.SpanExporter, error) { return s, nil },
		}
	}
	first := &spooler{Exporter: processortest.New(), inherited: 30, pending: 30}
	f := open(t, processor.Options{}, with(first, "dir:x"))
	check := func(when string, inherited, pending int64) {
		t.Helper()
		st := f.Stats()
		mustHold(t, st)
		if st.Inherited != inherited || st.SpoolPending != pending {
			t.Errorf("%s: inherited %d, pending %d; want %d, %d", when, st.Inherited, st.SpoolPending, inherited, pending)
		}
	}
	reload := func(conns ...processor.ConnectionConfig) {
		t.Helper()
		if err := f.Reload(t.Context(), conns...); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the old one has been shut down", func() bool { return first.Shutdowns() == 1 })
	}
	check("at first", 30, 30)
	reload(with(&spooler{Exporter: processortest.New(), inherited: 5, pending: 5}, "dir:y"))
	check("beside another spool", 35, 35)
	reload()
	check("removed", 35, 35)
	reload(with(&spooler{Exporter: processortest.New(), inherited: 30, pending: 30}, "dir:x"))
	eventually(t, "it is open again", func() bool { return f.Health().State == processor.StateOK })
	check("opened again", 35, 35)
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("shut down", 35, 35)
}

// TestStatsWhileEverythingMovesConcurrentSafe looks for snapshots that don't add up.
func TestStatsWhileEverythingMovesConcurrentSafe(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	e := processortest.NewFunc(func(call int) processortest.Step {
		return processortest.Step{Delay: time.Duration(call%4) * time.Millisecond, Deaf: true}
	})
	f := open(t, processor.Options{}, processor.ConnectionConfig{
		Name: "c", Open: e.Open, QueueSize: 32, BatchSize: 8, Schedule: time.Millisecond, ExportTimeout: time.Millisecond,
		Overflow: processor.OverflowSync, BlockTimeout: time.Millisecond,
	})
	var group sync.WaitGroup
	for g := range uint64(4) {
		group.Go(func() { end(f, 1+g*1000, 200+g*1000) })
	}
	for range 2 {
		group.Go(func() {
			for range 500 {
				if b := broken(f.Stats()); len(b) > 0 {
					t.Error(b)
					return
				}
			}
		})
	}
	group.Wait()
	close(hang)
}

// repeater has sent spans again.
type repeater struct{ *processortest.Exporter }

func (repeater) Resent() int64 { return 5 }

func TestResentIsInTheStats(t *testing.T) {
	t.Parallel()
	cfg := processor.ConnectionConfig{Name: "c", Open: func(context.Context) (sdktrace.SpanExporter, error) { return repeater{processortest.New()}, nil }}
	f := open(t, processor.Options{}, cfg)
	if st := f.Stats(); st.Resent != 5 || st.Connections["c"].Resent != 5 {
		t.Errorf("%d resent, %d by the connection, want 5", st.Resent, st.Connections["c"].Resent)
	}
	cfg.Fingerprint = "2" // the numbers go on over a reload
	if err := f.Reload(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both generations count", func() bool { return f.Stats().Connections["c"].Resent == 10 })
}
