package decision_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// TestReaderForgetsNothingOfTheTrace reads the same tracestates for traces of low and high
// randomness in turn: what is remembered must not depend on the first of them.
func TestReaderForgetsNothingOfTheTrace(t *testing.T) {
	t.Parallel()
	var r decision.Reader
	for range 3 {
		for _, give := range []string{
			"", "ot=th:8", "ot=th:4", "ot=th:8,tracehook=l0badcafe", "tracehook=l0badcafe",
			"ot=th:8,vendor=1", "ot=th:8;rv:6e6d1a75832a2f", "ot=th:8;x:y", "ot=th:zz", "ot=th:9", "ot=th:18", "vendor=1",
		} {
			for _, high := range []byte{0, 0x80, 0xff} {
				ts, id := parse(t, give), trace.TraceID{0: 1, 9: high}
				if diff := cmp.Diff(decision.ReadState(ts, id), r.State(ts, id)); diff != "" {
					t.Errorf("%q with randomness %x: %s", give, high, diff)
				}
			}
		}
	}
}

// TestReaderLeavesRandomnessAlone: a tracestate with rv is of one trace, and not worth keeping.
//
// It isn't parallel: it counts the allocations of the whole process.
func TestReaderLeavesRandomnessAlone(t *testing.T) {
	var r decision.Reader
	states := make([]trace.TraceState, 200)
	for i := range states {
		states[i] = parse(t, fmt.Sprintf("ot=rv:%014x", i+1))
	}
	next := 0
	if got := testing.AllocsPerRun(100, func() {
		r.State(states[next], id())
		next++
	}); got != 0 {
		t.Errorf("%v allocations for each, want 0", got)
	}
}

// It isn't parallel: it counts the allocations of the whole process.
func TestReaderOfManyTracestates(t *testing.T) {
	var r decision.Reader
	for i := range 5000 {
		ts := parse(t, fmt.Sprintf("ot=th:%x", i+1))
		if diff := cmp.Diff(decision.ReadState(ts, id()), r.State(ts, id())); diff != "" {
			t.Fatal(diff)
		}
	}
	// It has learned enough: one that is new doesn't allocate any more.
	states := make([]trace.TraceState, 200)
	for i := range states {
		states[i] = parse(t, fmt.Sprintf("ot=th:f%x", i+1))
	}
	next := 0
	if got := testing.AllocsPerRun(100, func() {
		r.State(states[next], id())
		next++
	}); got != 0 {
		t.Errorf("%v allocations for each new tracestate after 5000, want 0", got)
	}
}

// TestReaderRemembersNoLongMember: what a stranger sends may be long, and copying it costs as much.
//
// It isn't parallel: it counts the allocations of the whole process.
func TestReaderRemembersNoLongMember(t *testing.T) {
	var r decision.Reader
	states := make([]trace.TraceState, 200)
	for i := range states {
		states[i] = parse(t, fmt.Sprintf("ot=th:8;x%d:%s", i, strings.Repeat("y", 100)))
	}
	next := 0
	if got := testing.AllocsPerRun(100, func() {
		r.State(states[next], id())
		next++
	}); got != 0 {
		t.Errorf("%v allocations for each, want 0", got)
	}
}
