package processor_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// TestFaults runs seeded random scenarios: exporters that delay, hang, fail, deliver parts,
// panic, shut down slowly and keep the slice, while 16 producers end spans and connections are
// reloaded, flushed and shut down. TRACEHOOK_SOAK=1 runs ten times as many. A scenario that
// fails runs again with -run 'TestFaults/seed_N$'.
func TestFaults(t *testing.T) {
	t.Parallel()
	scenarios := 300
	if os.Getenv("TRACEHOOK_SOAK") != "" {
		scenarios = 3000
	}
	if testing.Short() {
		scenarios = 30
	}
	for seed := range scenarios {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			newScenario(t, uint64(seed)).run()
		})
	}
}

const producers = 16

// scenario is one random story.
type scenario struct {
	t       *testing.T
	label   string
	rnd     *rand.Rand
	f       *processor.Fanout
	release chan struct{} // ends all hangs
	letGo   func()
	ended   atomic.Uint64

	exporters map[string][]*faulty // every generation, by name
	current   []processor.ConnectionConfig
	always    map[string]bool // connections that were there all the time
	version   int
}

// faulty is a scripted exporter with a spool.
type faulty struct {
	*processortest.Exporter
	refuse  error
	mu      sync.Mutex
	spilled []trace.SpanID
	refused []trace.SpanID
}

func (e *faulty) SpoolSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range spans {
		if e.refuse != nil {
			e.refused = append(e.refused, s.SpanContext().SpanID())
		} else {
			e.spilled = append(e.spilled, s.SpanContext().SpanID())
		}
	}
	return e.refuse
}

func newScenario(t *testing.T, seed uint64) *scenario {
	t.Helper()
	s := &scenario{
		t: t, label: fmt.Sprintf("faults %d", seed), rnd: rand.New(rand.NewPCG(seed, 1)),
		release: make(chan struct{}), exporters: make(map[string][]*faulty), always: make(map[string]bool),
	}
	for i := range 1 + s.rnd.IntN(4) {
		name := fmt.Sprintf("c%d", i)
		s.always[name] = true
		s.current = append(s.current, s.connection(name))
	}
	s.letGo = sync.OnceFunc(func() { close(s.release) })
	return s
}

// step is a random fault.
func (s *scenario) step(r *rand.Rand) processortest.Step {
	ms := func(n int) time.Duration { return time.Duration(r.IntN(n*1000)) * time.Microsecond }
	switch r.IntN(12) {
	case 0:
		return processortest.Step{Delay: ms(8)}
	case 1:
		return processortest.Step{Delay: ms(40), Deaf: true} // longer than the export timeout
	case 2:
		return processortest.Step{Hang: s.release, Deaf: r.IntN(3) == 0}
	case 3:
		return processortest.Step{Err: errors.New("refused")}
	case 4:
		return processortest.Step{Partial: &processortest.Partial{Exported: r.IntN(4), Failed: r.IntN(4)}}
	case 5:
		return processortest.Step{Panic: "out of order"}
	default:
		return processortest.Step{}
	}
}

func (s *scenario) connection(name string) processor.ConnectionConfig {
	s.version++
	r := rand.New(rand.NewPCG(s.rnd.Uint64(), 2))
	calm := r.IntN(3) == 0
	e := &faulty{Exporter: processortest.NewFunc(func(int) processortest.Step {
		if calm {
			return processortest.Step{}
		}
		return s.step(r)
	})}
	if r.IntN(4) == 0 {
		e.Retain()
	}
	if r.IntN(4) == 0 {
		e.OnShutdown(processortest.Step{Delay: time.Duration(r.IntN(20)) * time.Millisecond})
	}
	if r.IntN(2) == 0 {
		e.refuse = errors.New("disk full")
	}
	s.exporters[name] = append(s.exporters[name], e)
	cfg := processor.ConnectionConfig{
		Name:          name,
		Fingerprint:   strconv.Itoa(s.version),
		Open:          func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
		QueueSize:     1 + r.IntN(64),
		BatchSize:     1 + r.IntN(16),
		Schedule:      time.Duration(1+r.IntN(4)) * time.Millisecond,
		ExportTimeout: time.Duration(5+r.IntN(15)) * time.Millisecond,
		BlockTimeout:  time.Duration(1+r.IntN(3)) * time.Millisecond,
		Overflow:      processor.Overflow(r.IntN(4)),
		Decider:       s.decider(),
	}
	if r.IntN(2) == 0 {
		cfg.Claims = []string{"file:" + name}
	}
	return cfg
}

// decider leaves every seventh span out, limits every eleventh, and changes the weight of
// some that it keeps.
func (s *scenario) decider() decision.Decider {
	quarter := decision.FromProbability(0.25)
	rewritten, err := trace.ParseTraceState("ot=th:" + quarter.String())
	if err != nil {
		s.t.Fatal(err)
	}
	return decide(func(span *decision.Span, _ float64) decision.Verdict {
		switch n := number(span.Ended); {
		case n%7 == 0:
			return decision.Verdict{Rule: -1}
		case n%11 == 0:
			return decision.Verdict{Rule: -1, Reason: decision.ByLimit, Threshold: quarter}
		case n%13 == 0:
			return decision.Verdict{Rule: -1, Keep: true, Reason: decision.ByError}
		case n%3 == 0:
			return decision.Verdict{Rule: -1, Keep: true, Rewrite: true, State: rewritten, Threshold: quarter, Known: true}
		}
		return decision.Verdict{Rule: -1, Keep: true}
	})
}

func (s *scenario) run() {
	labeled(s.t.Context(), s.label, func(ctx context.Context) {
		f, err := processor.New(ctx, processor.Options{DrainTimeout: time.Duration(1+s.rnd.IntN(60)) * time.Millisecond}, s.current...)
		if err != nil {
			s.t.Fatal(err)
		}
		s.f = f
		var work, watch sync.WaitGroup
		stop := make(chan struct{})
		for p := range producers {
			work.Go(func() { s.produce(uint64(p)) }) //nolint:contextcheck // End has no context
		}
		watch.Go(func() { s.observe(stop) })
		s.disturb(ctx)
		early := s.rnd.IntN(3) == 0 // shut down while spans are still ending
		if !early {
			work.Wait()
		}
		if s.rnd.IntN(2) == 0 {
			s.letGo()
		}
		s.shutDown(ctx)
		work.Wait()
		close(stop)
		watch.Wait()
		s.letGo()
	})
	s.settle()
	s.check()
}

// produce ends spans with numbers that no other producer has.
func (s *scenario) produce(p uint64) {
	for i := range uint64(60) {
		s.f.OnEnd(processortest.Span(1 + i*producers + p))
		s.ended.Add(1)
		if i%8 == 0 {
			runtime.Gosched()
		}
	}
}

// observe looks at snapshots while everything moves.
func (s *scenario) observe(stop <-chan struct{}) {
	for {
		if b := broken(s.f.Stats()); len(b) > 0 {
			s.t.Errorf("while running: %v", b)
			return
		}
		s.f.Health()
		select {
		case <-stop:
			return
		case <-time.After(100 * time.Microsecond):
		}
	}
}

// disturb reloads and flushes.
func (s *scenario) disturb(ctx context.Context) {
	var flushes sync.WaitGroup
	for range s.rnd.IntN(8) {
		timeout := time.Duration(s.rnd.IntN(30)) * time.Millisecond
		switch s.rnd.IntN(3) {
		case 0:
			flushes.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				_ = s.f.ForceFlush(ctx)
			})
		default:
			s.reload(ctx)
		}
	}
	flushes.Wait()
}

func (s *scenario) reload(ctx context.Context) {
	next := append([]processor.ConnectionConfig(nil), s.current...)
	switch i := s.rnd.IntN(len(next)); s.rnd.IntN(5) {
	case 0: // another decider
		next[i].Decider = s.decider()
	case 1: // one more
		next = append(next, s.connection(fmt.Sprintf("extra%d", s.version)))
	case 2: // one less
		if len(next) > 1 {
			delete(s.always, next[i].Name)
			next = append(next[:i], next[i+1:]...)
		}
	default: // a changed one
		next[i] = s.connection(next[i].Name)
	}
	s.current = next
	if err := s.f.Reload(ctx, next...); err != nil && !errors.Is(err, processor.ErrNotOpened) {
		s.t.Errorf("reload: %v", err)
	}
}

func (s *scenario) shutDown(ctx context.Context) {
	timeout := time.Duration(1+s.rnd.IntN(100)) * time.Millisecond
	if s.rnd.IntN(4) == 0 {
		timeout = time.Minute
		if s.release != nil {
			s.letGo()
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var group sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		group.Go(func() { errs[i] = s.f.Shutdown(ctx) })
	}
	group.Wait()
	if err := s.f.Shutdown(ctx); timeout == time.Minute && fmt.Sprint(err) != fmt.Sprint(errs[0]) {
		s.t.Errorf("a later Shutdown returned %v, the first %v", err, errs[0])
	}
	if err := s.f.Reload(ctx, s.current...); !errors.Is(err, processor.ErrShutdown) && ctx.Err() == nil {
		s.t.Errorf("Reload after Shutdown: %v", err)
	}
}

// settle waits until the exporters have returned.
func (s *scenario) settle() {
	eventually(s.t, "no goroutine is left", func() bool { return len(goroutines(s.label)) == 0 })
	mustHold(s.t, s.f.Stats())
}

// check compares the ledger with what the exporters saw.
func (s *scenario) check() {
	st := s.f.Stats()
	for name, gens := range s.exporters {
		c := st.Connections[name]
		if c == nil {
			c = st.Retired[name]
		}
		if c == nil { // came with a reload that came too late
			continue
		}
		seen := make(map[trace.SpanID]int)
		var exported, failed, spooled, refused int64
		for _, e := range gens {
			if n := e.Misuse(); n > 0 {
				s.t.Errorf("%s: called %d times while a call was running or after Shutdown", name, n)
			}
			for _, call := range e.Calls() {
				exported += int64(len(call.Exported))
				failed += int64(len(call.Failed))
				spooled += int64(len(call.Spooled))
				for _, ids := range [][]trace.SpanID{call.Exported, call.Failed, call.Spooled} {
					for _, id := range ids {
						seen[id]++
					}
				}
			}
			for _, id := range e.spilled {
				seen[id]++
			}
			for _, id := range e.refused {
				seen[id]++
			}
			spooled += int64(len(e.spilled))
			refused += int64(len(e.refused))
			for _, batch := range e.Retained() {
				for _, span := range batch {
					if span == nil {
						s.t.Errorf("%s: a retained slice was changed", name)
					}
				}
			}
			if e.Shutdowns() > 1 {
				s.t.Errorf("%s: an exporter was shut down %d times", name, e.Shutdowns())
			}
		}
		for id, n := range seen {
			if n > 1 {
				s.t.Errorf("%s: span %s was exported %d times", name, id, n)
			}
		}
		if c.Pending != 0 {
			s.t.Errorf("%s: %d spans are pending for ever", name, c.Pending)
		}
		if s.always[name] && c.Offered != int64(s.ended.Load()) {
			s.t.Errorf("%s: %d spans were offered, %d ended", name, c.Offered, s.ended.Load())
		}
		// What has returned after the numbers were final stays abandoned.
		late := exported - c.Exported + spooled - c.Spooled
		if exported < c.Exported || spooled < c.Spooled || late > c.Abandoned {
			s.t.Errorf("%s: the exporter has exported %d, spooled %d; the ledger says %d, %d, abandoned %d",
				name, exported, spooled, c.Exported, c.Spooled, c.Abandoned)
		}
		if c.Abandoned == 0 && failed > c.Failed {
			s.t.Errorf("%s: the exporter has failed %d, the ledger says %d", name, failed, c.Failed)
		}
		if refused > c.Dropped.QueueFull {
			s.t.Errorf("%s: the spool has refused %d, the ledger says %d", name, refused, c.Dropped.QueueFull)
		}
		if c.Accepted < exported+failed+spooled {
			s.t.Errorf("%s: %d were accepted, but %d arrived", name, c.Accepted, exported+failed+spooled)
		}
		if a := c.Adjusted; a.Exported < float64(c.Exported) || a.Abandoned < float64(c.Abandoned) ||
			math.Abs(a.RateLimited-4*float64(c.RateLimited)) > 1e-6*a.RateLimited {
			s.t.Errorf("%s: adjusted counts: %+v of %+v", name, a, c.Counters)
		}
	}
}
