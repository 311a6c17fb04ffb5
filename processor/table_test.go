package processor_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// fast is a FastDecider that counts how often it is asked.
type fast struct {
	kind  string // those of one kind agree
	wants bool
	fails bool
	asked atomic.Int64
	load  atomic.Bool // it was ever told one above zero
}

func (f *fast) Decide(s *decision.Span, load float64) (v decision.Verdict) {
	f.DecideInto(&v, s, load)
	return v
}

func (f *fast) DecideInto(v *decision.Verdict, _ *decision.Span, load float64) {
	f.asked.Add(1)
	if load > 0 {
		f.load.Store(true)
	}
	if f.fails {
		panic("no opinion") //nolint:forbidigo // the fault under test
	}
	*v = decision.Verdict{Keep: f.kind == "keep", Threshold: decision.FromProbability(0.5), Reason: decision.ByRate, Rule: -1}
}

func (f *fast) WantsLoad() bool { return f.wants }

func (f *fast) Agrees(with decision.Decider) bool {
	o, ok := with.(*fast)
	return ok && f.kind == o.kind && f.kind != "alone"
}

func connectionsOf(deciders ...decision.Decider) (conns []processor.ConnectionConfig) {
	for i, d := range deciders {
		conns = append(conns, processor.ConnectionConfig{
			Name: strconv.Itoa(i), Open: processortest.New().Open, Decider: d, Schedule: 1 << 40,
		})
	}
	return conns
}

// TestThoseWhoAgreeAreAskedOnce interleaves two groups and a loner.
func TestThoseWhoAgreeAreAskedOnce(t *testing.T) {
	t.Parallel()
	a, b, c, d, e := &fast{kind: "keep"}, &fast{kind: "drop"}, &fast{kind: "keep"}, &fast{kind: "alone"}, &fast{kind: "drop"}
	f := open(t, processor.Options{}, connectionsOf(a, b, c, d, e, nil, nil)...)
	end(f, 1, 101)
	for i, x := range []*fast{a, b, c, d, e} {
		if want := []int64{100, 100, 0, 100, 0}[i]; x.asked.Load() != want {
			t.Errorf("decider %d was asked %d times, want %d", i, x.asked.Load(), want)
		}
	}
	st := f.Stats()
	for i, want := range []int64{100, 0, 100, 0, 0, 100, 100} {
		if got := st.Connections[strconv.Itoa(i)]; got.Accepted != want || got.Offered != 100 {
			t.Errorf("connection %d accepted %d of %d, want %d of 100", i, got.Accepted, got.Offered, want)
		}
	}
	mustHold(t, st)

	// A reload brings others together.
	if err := f.Reload(t.Context(), connectionsOf(&fast{kind: "drop"}, &fast{kind: "alone"}, c)...); err != nil {
		t.Fatal(err)
	}
	end(f, 101, 201)
	if got := c.asked.Load(); got != 100 {
		t.Errorf("the decider that has nobody to follow any more was asked %d times, want 100", got)
	}
}

func TestDeciderThatPanics(t *testing.T) {
	t.Parallel()
	bad := func() *fast { return &fast{kind: "drop", fails: true} }
	good := &fast{kind: "keep"}
	f := open(t, processor.Options{}, connectionsOf(bad(), good, bad(), &fast{kind: "alone", fails: true}, good)...)
	end(f, 1, 51)
	st := f.Stats()
	for name, c := range st.Connections {
		if c.Accepted != 50 || c.Offered != 50 {
			t.Errorf("connection %s accepted %d of %d, want 50 of 50: the spans are sampled", name, c.Accepted, c.Offered)
		}
	}
	mustHold(t, st)
}

// TestDecidersThatPanicTogether has nobody behind them.
func TestDecidersThatPanicTogether(t *testing.T) {
	t.Parallel()
	f := open(t, processor.Options{}, connectionsOf(&fast{kind: "drop", fails: true}, &fast{kind: "drop", fails: true})...)
	end(f, 1, 51)
	for name, c := range f.Stats().Connections {
		if c.Offered != 50 {
			t.Errorf("connection %s was offered %d spans, want 50", name, c.Offered)
		}
	}
}

func TestLoadIsForThoseWhoWantIt(t *testing.T) {
	t.Parallel()
	no, yes := &fast{kind: "keep"}, &fast{kind: "keep", wants: true}
	f := open(t, processor.Options{}, connectionsOf(no)...)
	g := open(t, processor.Options{}, connectionsOf(yes)...)
	end(f, 1, 101)
	end(g, 1, 101)
	if no.load.Load() || !yes.load.Load() {
		t.Errorf("told a load: %v and %v, want false and true", no.load.Load(), yes.load.Load())
	}
}
