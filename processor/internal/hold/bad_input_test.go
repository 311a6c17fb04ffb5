package hold_test

import (
	"os"
	"runtime"
	"testing"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/hold"
)

func many(few int) int {
	if os.Getenv("TRACEHOOK_SOAK") != "" {
		return 1_000_000
	}
	return few
}

// Spans that end without a start, twice, or before their parent has started are decided about once
// for each end, and leave nothing behind.
func TestSpansInNoOrder(t *testing.T) {
	t.Parallel()
	h, set, sinks := newHold(t, hold.Options{}, &policy{rate: at(0.5), late: true})
	end := func(s span) {
		d := s.ended(1 << 55)
		h.End(set, &d, s.root, 100)
	}
	start := func(s span) {
		d := s.ended(1 << 55)
		h.Start(d.Ended, s.root)
	}
	end(span{trace: 1, id: 1, root: true, rule: -1}) // no start
	child, root := span{trace: 2, id: 2, rule: -1}, span{trace: 2, id: 3, root: true, rule: -1}
	start(child)
	end(child) // before its parent has started
	start(root)
	end(root)
	root.id++
	end(root) // again
	for range 3 {
		end(span{trace: 3, id: root.id + 1, urgent: true, rule: -1})
	}
	s := sinks[0]
	if s.entered.Load() != 7 || len(s.got)+s.twice != 7 {
		t.Errorf("%d spans went in, %d came out", s.entered.Load(), len(s.got)+s.twice)
	}
	if st, open := h.Stats(), h.Open(); st.Held != 0 || open != 0 || st.Late != 5 {
		t.Errorf("at rest: %+v, %d open", st, open)
	}
}

// A trace of very many spans, and very many traces of one span: what is held stays within the
// bounds.
func TestManySpansAndManyTraces(t *testing.T) {
	t.Parallel()
	h, set, sinks := newHold(t, hold.Options{MaxTraceSpans: 1000}, &policy{rate: at(0.5), late: true})
	n := many(20_000)
	root := span{trace: 1, id: 1, root: true, rule: -1}
	d := root.ended(1 << 55)
	h.Start(d.Ended, true)
	for i := range n {
		s := span{trace: 1, id: uint64(i + 2), rule: -1}
		d := s.ended(1 << 55)
		h.Start(d.Ended, false)
		h.End(set, &d, false, 100)
		if held := h.Stats().Held; held > 1000 {
			t.Fatalf("%d spans are held", held)
		}
	}
	if room := h.Room(); room > 1000 {
		t.Errorf("a part that was decided, and is still open, keeps room for %d spans", room)
	}
	h.End(set, &d, true, 100)
	for i := range n {
		s := span{trace: uint64(i + 2), id: uint64(n + i + 2), root: true, rule: -1}
		d := s.ended(1 << 55)
		h.Start(d.Ended, true)
		h.End(set, &d, true, 100)
	}
	if got := len(sinks[0].got); got != 2*n+1 {
		t.Errorf("%d of %d spans came out", got, 2*n+1)
	}
	if st, open := h.Stats(), h.Open(); st.Held != 0 || open != 0 || st.Decided[hold.BySize] != 1 || st.Decided[hold.Complete] != uint64(n) {
		t.Errorf("at rest: %+v, %d open", st, open)
	}
}

func BenchmarkOneHotTrace(b *testing.B) {
	h := hold.New(hold.Options{})
	s := newSink()
	set := hold.NewSet(hold.Connection{Name: "a", Policy: &policy{rate: at(0.5), late: true}, Sink: &discard{s}})
	h.Reload(set)
	defer h.Shutdown()
	root := span{trace: 1, id: 1, root: true, rule: -1}
	d := root.ended(1)
	h.Start(d.Ended, true)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		s := span{trace: 1, id: 2, rule: -1}
		d := s.ended(1)
		for pb.Next() {
			h.Start(d.Ended, false)
			h.End(set, &d, false, 100)
		}
	})
}

// discard is a sink that forgets.
type discard struct{ *sink }

func (discard) Release([]hold.Decided) {}
func (discard) Late(*hold.Decided)     {}
func (discard) Pass(*hold.Decided)     {}
func (discard) Count(hold.Cause)       {}

// Two spans with the same trace and span id are two spans, in whatever order they start and end; so are
// a parent and a child that share one.
func TestSpansWithTheSameID(t *testing.T) {
	t.Parallel()
	h, set, sinks := newHold(t, hold.Options{}, &policy{rate: at(0.5), late: true})
	root, child := span{trace: 1, id: 1, root: true, rule: -1}, span{trace: 1, id: 1, rule: -1}
	r, c := root.ended(1<<55+1), child.ended(1<<55+1)
	h.Start(r.Ended, true)
	h.Start(c.Ended, false)
	h.Start(c.Ended, false)
	h.End(set, &c, false, 100)
	h.End(set, &r, true, 100)
	if got := len(sinks[0].got); got != 0 {
		t.Errorf("%d spans came out while one is open", got)
	}
	h.End(set, &c, false, 100)
	s := sinks[0]
	if len(s.got)+s.twice != 3 || s.entered.Load() != 3 || len(s.groups) != 1 {
		t.Errorf("%d came out, %d of them again, in %d groups; want 3 spans in one", len(s.got), s.twice, len(s.groups))
	}
	if st, open := h.Stats(), h.Open(); st.Held != 0 || open != 0 || h.Parts() != 0 {
		t.Errorf("at rest: %+v, %d open, %d parts", st, open, h.Parts())
	}
}

// A million traces that never end are forgotten one by one for others: what they hold is handed over, and
// the rest of their spans is late.
func TestTracesThatNeverEnd(t *testing.T) {
	t.Parallel()
	const memory = 6400
	h, set, sinks := newHold(t, hold.Options{Memory: memory}, &policy{rate: at(0.5), late: true})
	n := many(30_000)
	for i := range n {
		root, child := span{trace: uint64(i + 1), id: uint64(2*i + 1), root: true, rule: -1}, span{trace: uint64(i + 1), id: uint64(2*i + 2), rule: -1}
		r, c := root.ended(1<<55), child.ended(1<<55)
		h.Start(r.Ended, true)
		h.Start(c.Ended, false)
		h.End(set, &c, false, 100)
	}
	if parts := h.Parts(); parts > memory {
		t.Errorf("%d parts, want at most %d", parts, memory)
	}
	st, s := h.Stats(), sinks[0]
	if got := int64(len(s.got)) + st.Held; got != int64(n) || s.twice > 0 {
		t.Errorf("%d spans came out and %d are held, of %d", len(s.got), st.Held, n)
	}
	h.Shutdown()
	if got := len(s.got); got != n || h.Stats().Held != 0 {
		t.Errorf("%d of %d spans came out at the end", got, n)
	}
}

// TestHeldSpansTakeLittleMemory says what a held span takes beside the span itself.
//
// It isn't parallel: it measures the heap of the whole process.
func TestHeldSpansTakeLittleMemory(t *testing.T) {
	const traces, each = 4000, 5
	spans := make([]decision.Span, 0, traces*(each+1))
	for i := range traces {
		for k := range each + 1 {
			s := span{trace: uint64(i + 1), id: uint64(len(spans) + 1), root: k == 0, rule: -1}
			spans = append(spans, s.ended(1<<55))
		}
	}
	for _, connections := range []int{1, 4} {
		var policies []*policy
		for range connections {
			policies = append(policies, &policy{rate: at(0.5), late: true})
		}
		before := heap()
		h, set, _ := newHold(t, hold.Options{}, policies...)
		for i := range spans { // the root of each trace stays open
			h.Start(spans[i].Ended, i%(each+1) == 0)
			if i%(each+1) > 0 {
				h.End(set, &spans[i], false, 100)
			}
		}
		per := float64(heap()-before) / (traces * each)
		t.Logf("%d connections: %.0f bytes for each of %d held spans, in traces of %d", connections, per, h.Stats().Held, each)
		if most := 450 + 150*float64(connections); per > most || h.Stats().Held != traces*each {
			t.Errorf("%.0f bytes for each held span, want at most %v", per, most)
		}
		runtime.KeepAlive(spans)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
