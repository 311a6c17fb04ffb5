package hold_test

import (
	"os"
	"testing"

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
