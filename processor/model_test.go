package processor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor"
)

// model is a connection as one would explain it: spans wait as long as there is room, one batch at
// a time is exported, and each comes to its end when the story says so. It knows nothing of
// batchers, gates, goroutines and accounts. How large a batch is, up to a bound, it is told.
type model struct {
	queue, batch int
	timeout      time.Duration

	waiting    int // in the queue of the current generation
	exporting  *modelExport
	stuck      []*modelExport // abandoned, of any generation
	bad        bool           // the last export of this generation did not deliver
	dropped    time.Time
	now        time.Time
	sums       modelSums
	untold     map[string]int64
	generation int
}

type modelSums struct{ Accepted, Dropped, Exported, Failed, Abandoned, Pending int64 }

type modelExport struct {
	spans      int
	began      time.Time
	told       bool
	generation int
	exporter   *script
}

// script is an exporter that says when an export begins and is told how it ends.
type script struct {
	began   chan modelExport
	verdict chan error
}

func (s *script) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	s.began <- modelExport{spans: len(spans), began: time.Now(), exporter: s}
	return <-s.verdict
}

func (*script) Shutdown(context.Context) error { return nil }

// story runs a random schedule against the model and the real thing.
type story struct {
	t       *testing.T
	rnd     *rand.Rand
	m       model
	f       *processor.Fanout
	cfg     processor.ConnectionConfig
	current *script
	next    uint64
	log     []string
}

func newStory(t *testing.T, seed uint64) *story {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 7))
	s := &story{t: t, rnd: rnd, next: 1}
	s.m = model{queue: 2 + rnd.IntN(8), timeout: time.Duration(1+rnd.IntN(30)) * time.Second, untold: map[string]int64{}, now: time.Now()}
	s.m.batch = 1 + rnd.IntN(s.m.queue)
	s.cfg = processor.ConnectionConfig{
		Name: "c", QueueSize: s.m.queue, BatchSize: s.m.batch, ExportTimeout: s.m.timeout, Schedule: 100 * time.Millisecond,
	}
	s.f = open(t, processor.Options{DrainTimeout: 20 * time.Second}, s.generation())
	s.wait(time.Second)
	return s
}

func (s *story) generation() processor.ConnectionConfig {
	e := &script{make(chan modelExport, 100), make(chan error)}
	s.current = e
	s.m.generation++
	cfg := s.cfg
	cfg.Fingerprint = strconv.Itoa(s.m.generation)
	cfg.Open = func(context.Context) (sdktrace.SpanExporter, error) { return e, nil }
	return cfg
}

// step does something to both.
func (s *story) step() {
	switch s.rnd.IntN(8) {
	case 0, 1, 2:
		n := 1 + s.rnd.IntN(s.m.queue+2)
		s.log = append(s.log, fmt.Sprintf("end %d", n))
		end(s.f, s.next, s.next+uint64(n))
		s.next += uint64(n)
		s.m.end(n)
	case 3, 4:
		fails := s.rnd.IntN(3) == 0
		s.log = append(s.log, fmt.Sprintf("return, failing: %v", fails))
		s.finish(fails)
	case 5:
		d := time.Duration(s.rnd.IntN(40)) * time.Second
		s.log = append(s.log, fmt.Sprintf("wait %v", d))
		s.wait(d)
	case 6:
		s.log = append(s.log, "tell")
		s.tell()
	case 7:
		if s.m.exporting != nil || s.m.waiting > 0 {
			return // the batcher holds a lock while it drains and exports, which stops a synthetic clock
		}
		s.log = append(s.log, "reload")
		if err := s.f.Reload(s.t.Context(), s.generation()); err != nil {
			s.t.Fatal(err)
		}
		s.m.bad, s.m.dropped = false, time.Time{}
	}
	s.wait(200 * time.Millisecond) // a batch that isn't full goes out
}

// wait lets time pass, and tells the model what has begun.
func (s *story) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
	s.m.now = time.Now()
	for {
		select {
		case x := <-s.current.began:
			x.generation = s.m.generation
			if s.m.exporting != nil || s.m.hangs() || x.spans > min(s.m.waiting, s.m.batch) {
				s.t.Errorf("an export of %d begins, while %d wait, %d hang, and one runs: %v", x.spans, s.m.waiting, len(s.m.stuck), s.m.exporting != nil)
			}
			s.m.waiting -= x.spans
			s.m.exporting = &x
			s.m.abandon()
		default:
			s.m.abandon()
			return
		}
	}
}

// finish lets the export that runs return, also if it was abandoned.
func (s *story) finish(fails bool) {
	all := slices.Clone(s.m.stuck)
	if s.m.exporting != nil {
		all = append(all, s.m.exporting)
	}
	if len(all) == 0 {
		return
	}
	var err error
	if fails {
		err = errors.New("no")
	}
	x := all[s.rnd.IntN(len(all))]
	s.m.finish(x, fails)
	x.exporter.verdict <- err
	s.wait(0)
}

// tell flushes with no time: what is told has happened before.
func (s *story) tell() {
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	err := s.f.ForceFlush(ctx)
	got := map[string]int64{}
	if lost, ok := errors.AsType[*processor.LossError](err); ok {
		l := lost.Connections["c"]
		for name, n := range map[string]int64{"failed": l.Failed, "abandoned": l.Abandoned, "dropped": l.Dropped} {
			if n != 0 {
				got[name] = n
			}
		}
	}
	want := map[string]int64{}
	for name, n := range s.m.untold {
		if n != 0 {
			want[name] = n
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("told (-want +got):\n%s", diff)
	}
	s.m.untold = map[string]int64{}
	for _, x := range s.m.stuck {
		x.told = true
	}
}

func (m *model) end(n int) {
	for range n {
		inExport := 0
		if m.exporting != nil {
			inExport = m.exporting.spans
		}
		if m.waiting+inExport < m.queue {
			m.waiting++
			m.sums.Accepted++
		} else {
			m.sums.Dropped++
			m.untold["dropped"]++
			m.dropped = m.now
		}
	}
}

// hangs reports whether an abandoned export keeps others of the current generation from beginning.
func (m *model) hangs() bool {
	return slices.ContainsFunc(m.stuck, func(x *modelExport) bool { return x.generation == m.generation })
}

// finish ends an export, which may have been abandoned or be of an old generation.
func (m *model) finish(x *modelExport, fails bool) {
	n := int64(x.spans)
	if x == m.exporting {
		m.exporting = nil
	} else {
		m.stuck = slices.DeleteFunc(m.stuck, func(o *modelExport) bool { return o == x })
		m.sums.Abandoned -= n
		if !x.told {
			m.untold["abandoned"] -= n
		}
	}
	if fails && !x.told {
		m.untold["failed"] += n
	}
	if x.generation == m.generation {
		m.bad = fails
	}
	if fails {
		m.sums.Failed += n
	} else {
		m.sums.Exported += n
	}
}

// abandon looks whether the export that runs has outlived its time.
func (m *model) abandon() {
	x := m.exporting
	if x == nil || m.now.Before(x.began.Add(m.timeout+min(m.timeout/20, 50*time.Millisecond))) {
		return
	}
	m.exporting = nil
	m.stuck = append(m.stuck, x)
	m.sums.Abandoned += int64(x.spans)
	m.untold["abandoned"] += int64(x.spans)
	m.bad = true
}

func (m *model) state() processor.State {
	switch {
	case m.bad:
		return processor.StateFailing
	case m.exporting != nil && m.now.Sub(m.exporting.began) >= max(5*time.Second, m.timeout/3),
		!m.dropped.IsZero() && m.now.Sub(m.dropped) < 10*time.Second:
		return processor.StateDegraded
	}
	return processor.StateOK
}

// compare looks at both.
func (s *story) compare() bool {
	want := s.m.sums
	want.Pending = int64(s.m.waiting)
	if s.m.exporting != nil {
		want.Pending += int64(s.m.exporting.spans)
	}
	st := s.f.Stats()
	c := st.Connections["c"]
	got := modelSums{c.Accepted, c.Dropped.QueueFull, c.Exported, c.Failed, c.Abandoned, c.Pending}
	ok := true
	if s.m.waiting > 0 && s.m.exporting == nil && !s.m.hangs() {
		s.t.Errorf("%d wait, and none is exported", s.m.waiting)
		ok = false
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("(-want +got):\n%s", diff)
		ok = false
	}
	if h := s.f.Health().Connections["c"]; h.State != s.m.state() {
		s.t.Errorf("health %+v, want %s", h, s.m.state())
		ok = false
	}
	if b := broken(st); len(b) > 0 {
		s.t.Errorf("%v", b)
		ok = false
	}
	return ok
}

// TestModel compares a connection with a model of one after each step of many random schedules.
// TRACEHOOK_SOAK=1 runs ten times as many. One that fails runs again with -run 'TestModel/N$'.
func TestModel(t *testing.T) {
	t.Parallel()
	stories := 1000
	if os.Getenv("TRACEHOOK_SOAK") != "" {
		stories = 10_000
	}
	for seed := range stories {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStory(t, uint64(seed))
				for range 40 {
					s.step()
					if !s.compare() || t.Failed() {
						for i, l := range s.log {
							t.Log(i, l)
						}
						break
					}
				}
				close(s.current.verdict)
				for _, x := range s.m.stuck {
					if x.exporter != s.current {
						close(x.exporter.verdict)
					}
				}
				time.Sleep(time.Minute)
			})
		})
	}
}
