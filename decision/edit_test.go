package decision_test

import (
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

func TestEditApply(t *testing.T) {
	t.Parallel()
	half := decision.FromProbability(0.5)
	for _, tc := range []struct {
		name, give string
		edit       decision.Edit
		want       string
	}{
		{"nothing to do", "", decision.Edit{}, ""},
		{"a vendor stays", "vendor=1", decision.Edit{}, "vendor=1"},
		{"th is removed", "ot=th:4,tracehook=l00000001,vendor=1", decision.Edit{}, "tracehook=l00000001,vendor=1"},
		{"th goes, rv stays", "ot=th:4;rv:6e6d1a75832a2f", decision.Edit{}, "ot=rv:6e6d1a75832a2f"},
		{"th is written", "", decision.Edit{Threshold: half, SetThreshold: true}, "ot=th:8"},
		{"th:0 is written", "", decision.Edit{SetThreshold: true}, "ot=th:0"},
		{"never has no form", "ot=th:4", decision.Edit{Threshold: decision.Never, SetThreshold: true}, ""},
		{"th is replaced, unknown sub-keys stay", "vendor=1,ot=a:b;th:4;c:d", decision.Edit{Threshold: half, SetThreshold: true}, "ot=th:8;a:b;c:d,vendor=1"},
		{"rv is removed", "ot=x:y;rv:6e6d1a75832a2f", decision.Edit{SetThreshold: true, RemoveRandomness: true}, "ot=th:0;x:y"},
		{"rv is replaced", "ot=rv:6e6d1a75832a2f", decision.Edit{Randomness: 1, SetRandomness: true, RemoveRandomness: true}, "ot=rv:00000000000001"},
		{"rv is written behind th", "ot=x:y", decision.Edit{SetThreshold: true, Randomness: 0xab, SetRandomness: true}, "ot=th:0;rv:000000000000ab;x:y"},
		{"rv is not touched", "ot=rv:6e6d1a75832a2f", decision.Edit{SetThreshold: true}, "ot=th:0;rv:6e6d1a75832a2f"},
		{"malformed sub-keys go", "ot=foo;:x;a:b", decision.Edit{SetThreshold: true}, "ot=th:0;a:b"},
		{"a space may not end the value", "ot=a:b ;th:4", decision.Edit{SetThreshold: true}, "ot=th:0;a:b"},
		{"unchanged", "vendor=1,ot=th:8", decision.Edit{Threshold: half, SetThreshold: true}, "vendor=1,ot=th:8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tc.edit.Apply(parse(t, tc.give)).String(); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// A full list loses its last members, never rv, wherever ot stands.
func TestEditApplyKeepsRandomnessInAFullList(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 15, 31} {
		members := make([]string, 32)
		for i := range members {
			members[i] = fmt.Sprintf("v%d=%d", i, i)
		}
		members[at] = "ot=rv:6e6d1a75832a2f"
		edit := decision.Edit{SetThreshold: true}
		got := edit.Apply(parse(t, strings.Join(members, ",")))
		if got.Len() != 32 || got.Get("ot") != "th:0;rv:6e6d1a75832a2f" {
			t.Errorf("ot as member %d: %d members: %s", at, got.Len(), got)
		}
	}
}

// An ot member that would grow beyond 256 characters loses unknown sub-keys, from the end.
func TestEditApplyKeepsTheMemberShort(t *testing.T) {
	t.Parallel()
	long := "a:" + strings.Repeat("x", 230) + ";b:" + strings.Repeat("y", 20)
	got := decision.Edit{Threshold: decision.FromProbability(0.5), SetThreshold: true}.Apply(parse(t, "ot="+long)).Get("ot")
	if want := "th:8;a:" + strings.Repeat("x", 230); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whatever arrives on the wire, reading and editing give a valid tracestate that says what
// was asked for, and never fail.
func FuzzTracestate(f *testing.F) {
	for _, s := range []string{
		"", "ot=th:8", "ot=th:8;rv:6e6d1a75832a2f,vendor=1", "tracehook=l0badcafee666", "ot=;;;", "ot=th", "ot=th:8;th:4",
		"ot=a:b ;c: d,x=y", "ot= :", "ot= th:8; rv:6e6d1a75832a2f", "ot=th:8; th:0", "tracehook=u00000000x,ot=rv:zz", "ot=" + strings.Repeat("a:b;", 63),
	} {
		f.Add(s, uint64(0x80000000000000), true)
	}
	f.Fuzz(func(t *testing.T, s string, threshold uint64, set bool) {
		ts, err := trace.ParseTraceState(s)
		if err != nil {
			t.Skip()
		}
		before := decision.ReadState(ts, id())
		edit := decision.Edit{Threshold: decision.Threshold(threshold) % decision.Never, SetThreshold: set}
		out := edit.Apply(ts)
		again, err := trace.ParseTraceState(out.String())
		if err != nil || again.String() != out.String() {
			t.Fatalf("%q became %q, which is not valid: %v", s, out, err)
		}
		after := decision.ReadState(out, id())
		if after.CarriesThreshold != set || set && after.Threshold != edit.Threshold {
			t.Fatalf("%q became %q: th is not what was set", s, out)
		}
		if lost := len(members(ts)) - len(members(out)); lost > 1 || lost == 1 && out.Len() < 32 {
			t.Fatalf("%q became %q: members of others have gone", s, out)
		}
		if before.HasRandomness && (!after.HasRandomness || after.Randomness != before.Randomness) {
			t.Fatalf("%q became %q: rv has changed", s, out)
		}
		if twice := edit.Apply(out).String(); twice != out.String() {
			t.Fatalf("%q became %q and then %q", s, out, twice)
		}
	})
}

// members returns the members of others.
func members(ts trace.TraceState) (all []string) {
	ts.Walk(func(key, value string) bool {
		if key != "ot" {
			all = append(all, key+"="+value)
		}
		return true
	})
	return all
}
