package decision_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

func parse(tb testing.TB, s string) trace.TraceState {
	tb.Helper()
	ts, err := trace.ParseTraceState(s)
	if err != nil {
		tb.Fatal(err)
	}
	return ts
}

// id has the randomness 0x80000000000000.
func id() trace.TraceID { return trace.TraceID{0: 1, 9: 0x80} }

func TestReadState(t *testing.T) {
	t.Parallel()
	const fromID = decision.Randomness(0x80000000000000)
	for _, tc := range []struct {
		name, give string
		want       decision.State
	}{
		{"nothing", "", decision.State{Randomness: fromID, Plain: true}},
		{"th", "ot=th:4", decision.State{
			Randomness: fromID, Threshold: 0x40000000000000, HasThreshold: true, CarriesThreshold: true, Plain: true,
		}},
		{"th equal to the randomness", "ot=th:8", decision.State{
			Randomness: fromID, Threshold: 0x80000000000000, HasThreshold: true, CarriesThreshold: true, Plain: true,
		}},
		{"th above the randomness contradicts itself", "ot=th:8000000000001", decision.State{
			Randomness: fromID, Threshold: 0x80000000000010, CarriesThreshold: true, Plain: true,
		}},
		{"malformed th", "ot=th:zz", decision.State{Randomness: fromID, CarriesThreshold: true, Plain: true}},
		{"rv", "ot=rv:6e6d1a75832a2f;th:4", decision.State{
			Randomness: 0x6e6d1a75832a2f, HasRandomness: true, Threshold: 0x40000000000000, HasThreshold: true, CarriesThreshold: true,
		}},
		{"th is checked against rv, not the id", "ot=th:8;rv:6e6d1a75832a2f", decision.State{
			Randomness: 0x6e6d1a75832a2f, HasRandomness: true, Threshold: 0x80000000000000, CarriesThreshold: true,
		}},
		{"malformed rv", "ot=rv:6e6d", decision.State{Randomness: fromID}},
		{"unknown sub-key", "ot=th:4;x:y", decision.State{
			Randomness: fromID, Threshold: 0x40000000000000, HasThreshold: true, CarriesThreshold: true,
		}},
		{"another vendor", "ot=th:4,vendor=1", decision.State{
			Randomness: fromID, Threshold: 0x40000000000000, HasThreshold: true, CarriesThreshold: true,
		}},
		{"a member of this name is another's", "ot=th:4,tracehook=l0badcafe", decision.State{
			Randomness: fromID, Threshold: 0x40000000000000, HasThreshold: true, CarriesThreshold: true,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := decision.ReadState(parse(t, tc.give), id())
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadStateDoesNotAllocate(t *testing.T) {
	ts := parse(t, "ot=th:4;rv:f0000000000000;x:y,tracehook=l0badcafee666,vendor=1")
	if n := testing.AllocsPerRun(100, func() { decision.ReadState(ts, id()) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
