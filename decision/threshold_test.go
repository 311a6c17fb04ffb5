package decision_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// The table of 1-in-N probabilities in the specification's chapter on probability sampling:
// thresholds at 3, 4 and 5 digits, and the adjusted count at 4.
func TestFromProbabilityMatchesTheSpecification(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		n       float64
		want    [3]string
		counted float64
	}{
		{1, [3]string{"0", "0", "0"}, 1},
		{2, [3]string{"8", "8", "8"}, 2},
		{3, [3]string{"aab", "aaab", "aaaab"}, 3.00004577706569},
		{4, [3]string{"c", "c", "c"}, 4},
		{5, [3]string{"ccd", "cccd", "ccccd"}, 5.0000762951094835},
		{8, [3]string{"e", "e", "e"}, 8},
		{10, [3]string{"e66", "e666", "e6666"}, 9.99938968568813},
		{16, [3]string{"f", "f", "f"}, 16},
		{100, [3]string{"fd71", "fd70a", "fd70a4"}, 99.99771123402633},
		{1000, [3]string{"ffbe7", "ffbe77", "ffbe76d"}, 1000.012874769029},
		{10000, [3]string{"fff972", "fff9724", "fff97247"}, 9999.830725674266},
		{100000, [3]string{"ffff584", "ffff583a", "ffff583a5"}, 99999.238556461},
		{1000000, [3]string{"ffffef4", "ffffef39", "ffffef391"}, 999992.38556461},
	} {
		for i, want := range tc.want {
			if got := decision.FromProbabilityPrecision(1/tc.n, 3+i).String(); got != want {
				t.Errorf("1 in %v with %d digits: th %q, want %q", tc.n, 3+i, got, want)
			}
		}
		got := decision.FromProbability(1 / tc.n).AdjustedCount()
		if math.Abs(got-tc.counted) > 1e-9*tc.counted {
			t.Errorf("1 in %v: adjusted count %v, want %v", tc.n, got, tc.counted)
		}
	}
}

// Its algorithm raises the precision by leading zeros as well: who drops 1 in a million drops
// just that.
func TestFromProbabilityCloseToOne(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		n    float64
		want [3]string
	}{
		{10, [3]string{"19a", "199a", "1999a"}},
		{16, [3]string{"1", "1", "1"}},
		{20, [3]string{"0ccd", "0cccd", "0ccccd"}},
		{100, [3]string{"028f", "028f6", "028f5c"}},
		{10000, [3]string{"00068e", "00068dc", "00068db9"}},
		{1000000, [3]string{"000010c", "000010c7", "000010c6f"}},
	} {
		for i, want := range tc.want {
			if got := decision.FromProbabilityPrecision(1-1/tc.n, 3+i).String(); got != want {
				t.Errorf("all but 1 in %v with %d digits: th %q, want %q", tc.n, 3+i, got, want)
			}
		}
	}
}

func TestFromProbabilityAtTheEdges(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		p    float64
		want decision.Threshold
	}{
		{math.NaN(), decision.Never},
		{math.Inf(-1), decision.Never},
		{-0.5, decision.Never},
		{0, decision.Never},
		{math.Copysign(0, -1), decision.Never},
		{math.SmallestNonzeroFloat64, decision.Never - 1},
		{0x1p-56, decision.Never - 1},
		{0x1p-55, decision.Never - 2},
		{1 - 0x1p-53, 8},
		{1, decision.Always},
		{1.5, decision.Always},
		{math.Inf(1), decision.Always},
	} {
		if got := decision.FromProbability(tc.p); got != tc.want {
			t.Errorf("FromProbability(%v) = %#x, want %#x", tc.p, uint64(got), uint64(tc.want))
		}
	}
}

// The rounded threshold stays within the precision that is promised, and a higher probability
// never gives a higher threshold: otherwise 1 % were no subset of 10 %.
func TestFromProbabilityIsCloseAndMonotone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		p, q := math.Exp2(-40*random.Float64()), math.Exp2(-40*random.Float64())
		if random.IntN(2) == 0 {
			p, q = 1-p, 1-q
		}
		if p > q {
			p, q = q, p
		}
		tp, tq := decision.FromProbability(p), decision.FromProbability(q)
		if tp < tq {
			t.Fatalf("p %v has threshold %#x, below %#x of the higher %v", p, tp, tq, q)
		}
		// Half a unit of the fourth digit is 2^-17, and the first may be a 1: 2^-13 of p. Down
		// here at 2^-40, rounding to 56 bits adds up to 2^-17.
		if off := math.Abs(tp.Probability()/p - 1); off > 0x1p-13+0x1p-17 {
			t.Fatalf("p %v became %v, off by %v", p, tp.Probability(), off)
		}
	}
}

func TestThresholdKeeps(t *testing.T) {
	t.Parallel()
	half := decision.FromProbability(0.5)
	for _, tc := range []struct {
		t    decision.Threshold
		r    decision.Randomness
		want bool
	}{
		{half, 0x80000000000000, true},
		{half, 0x7fffffffffffff, false},
		{decision.Always, 0, true},
		{decision.Never, 0xffffffffffffff, false},
		{decision.Never - 1, 0xffffffffffffff, true},
	} {
		if got := tc.t.Keeps(tc.r); got != tc.want {
			t.Errorf("%#x keeps %#x: %v, want %v", uint64(tc.t), uint64(tc.r), got, tc.want)
		}
	}
}

func TestThresholdScale(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		p, factor, want float64
	}{
		{1, 0.5, 0.5},
		{0.5, 0.5, 0.25},
		{0.2, 1, 0.2},
		{0.2, 2, 0.2},
		{0.2, 0, 0},
		{0.2, -1, 0},
		{0, 0.5, 0},
	} {
		got := decision.FromProbability(tc.p).Scale(tc.factor)
		if want := decision.FromProbability(tc.want); got != want {
			t.Errorf("%v scaled by %v: th %q, want %q", tc.p, tc.factor, got, want)
		}
	}
	if got := decision.Never.AdjustedCount(); !math.IsInf(got, 1) {
		t.Errorf("adjusted count of Never: %v, want +Inf", got)
	}
	if got := (decision.Never + 5).Probability(); got != 0 {
		t.Errorf("probability beyond Never: %v, want 0", got)
	}
}

func TestParseThreshold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		give string
		want decision.Threshold
		ok   bool
	}{
		{"0", 0, true},
		{"00", 0, true},
		{"8", 0x80000000000000, true},
		{"c", 0xc0000000000000, true},
		{"0ad", 0x0ad00000000000, true},
		{"fd70a4", 0xfd70a400000000, true},
		{"FD70A4", 0xfd70a400000000, true},
		{"ffffffffffffff", 0xffffffffffffff, true},
		{"e6660000000000", 0xe6660000000000, true},
		{"", 0, false},
		{"fffffffffffffff", 0, false},
		{"0x8", 0, false},
		{"-8", 0, false},
		{"8 ", 0, false},
		{"g", 0, false},
	} {
		got, ok := decision.ParseThreshold(tc.give)
		if ok != tc.ok || ok && got != tc.want {
			t.Errorf("ParseThreshold(%q) = %#x, %v, want %#x, %v", tc.give, uint64(got), ok, uint64(tc.want), tc.ok)
		}
	}
}

// Whatever a threshold is, its written form reads back as itself, without trailing zeros.
func TestThresholdStringRoundTrip(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		want := decision.Threshold(random.Uint64N(uint64(decision.Never)) >> random.UintN(56) << random.UintN(8) & decisionMask)
		text := want.String()
		got, ok := decision.ParseThreshold(text)
		if !ok || got != want {
			t.Fatalf("%#x is written %q and read as %#x, %v", uint64(want), text, uint64(got), ok)
		}
		if len(text) > 1 && text[len(text)-1] == '0' {
			t.Fatalf("%q has trailing zeros", text)
		}
	}
	if got := decision.Never.String(); got != "" {
		t.Errorf("Never is written %q, want nothing", got)
	}
}

const decisionMask = uint64(decision.Never) - 1

func TestRandomness(t *testing.T) {
	t.Parallel()
	id, err := trace.TraceIDFromHex("0123456789abcdef11223344556677ff")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := decision.RandomnessOf(id[:]), decision.Randomness(0x223344556677ff); got != want {
		t.Errorf("randomness of a trace id: %#x, want %#x", got, want)
	}
	if got, want := decision.RandomnessOf([]byte{1, 2}), decision.Randomness(0x102); got != want {
		t.Errorf("randomness of a short id: %#x, want %#x", got, want)
	}
	for _, tc := range []struct {
		give string
		ok   bool
	}{
		{"00000000000000", true},
		{"6e6d1a75832a2f", true},
		{"6E6D1A75832A2F", true},
		{"6e6d1a75832a2", false},
		{"6e6d1a75832a2f0", false},
		{"6e6d1a75832a2g", false},
		{"", false},
	} {
		r, ok := decision.ParseRandomness(tc.give)
		if ok != tc.ok {
			t.Errorf("ParseRandomness(%q): %v, want %v", tc.give, ok, tc.ok)
		}
		if again, _ := decision.ParseRandomness(r.String()); ok && again != r {
			t.Errorf("%q is written %q", tc.give, r.String())
		}
	}
	if got := decision.Randomness(0xab).String(); got != "000000000000ab" {
		t.Errorf("randomness is written %q, want 14 digits", got)
	}
}
