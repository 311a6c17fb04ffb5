package decision

import (
	"math"
	"strconv"
	"strings"
)

// Threshold is a rejection threshold T: of the 2^56 possible randomness values the
// lowest T are rejected. The zero value is [Always].
type Threshold uint64

const (
	// Always keeps every span: T = 0, written th:0.
	Always Threshold = 0
	// Never keeps none: T = 2^56. It has no written form.
	Never Threshold = 1 << 56
)

const (
	hexDigits = 14 // 56 bits
	// DefaultPrecision is the number of significant hexadecimal digits that
	// [FromProbability] keeps: 4 digits are an error of at most 0.014 % of p, down to one in
	// a trillion.
	DefaultPrecision = 4
)

// FromProbability returns the threshold of probability p, rounded to the
// [DefaultPrecision]. The rounded value is what is applied and what is written, so
// rounding never biases a count. p at or below 0 (or NaN) is [Never]; p at or above 1 is
// [Always]; a p below 2^-56, the smallest that can be expressed, is raised to it.
func FromProbability(p float64) Threshold { return FromProbabilityPrecision(p, DefaultPrecision) }

// FromProbabilityPrecision is [FromProbability] with 1 to 14 significant hexadecimal
// digits. Leading f digits of small probabilities and leading zeros of those close to 1
// don't count as significant, as the specification's algorithm has it: otherwise keeping
// 1 in a million, or all but 1 in a million, would lose its precision.
func FromProbabilityPrecision(p float64, precision int) Threshold {
	if !(p > 0) {
		return Never
	}
	if p >= 1 {
		return Always
	}
	const one = float64(Never)
	if p < 1/one {
		p = 1 / one
	}
	// Each full factor of 16 below 1 is one leading digit: f for p, 0 for 1-p.
	_, kept := math.Frexp(p)
	_, rejected := math.Frexp(1 - p)
	digits := min(max(precision, 1)+max(-kept/4, -rejected/4, 0), hexDigits)
	shift := uint(4 * (hexDigits - digits))
	t := uint64(math.Round((1 - p) * one))
	if p < 0.5 { // 1-p has lost low bits that p still has
		t = uint64(Never) - uint64(math.Round(p*one))
	}
	if shift > 0 {
		half := uint64(1) << (shift - 1)
		t = (t + half) >> shift << shift
	}
	// Rounding must not turn a possible span into an impossible one.
	return Threshold(min(t, uint64(Never)-1))
}

// Keeps reports whether a span of randomness r is kept: r >= t.
func (t Threshold) Keeps(r Randomness) bool { return uint64(r) >= uint64(t) }

// Probability returns the share of spans that t keeps, from 0 to 1.
func (t Threshold) Probability() float64 {
	if t >= Never {
		return 0
	}
	return float64(Never-t) / float64(Never)
}

// AdjustedCount returns how many spans one span kept at t stands for: 1 for [Always],
// +Inf for [Never].
func (t Threshold) AdjustedCount() float64 { return float64(Never) / float64(Never-min(t, Never)) }

// Scale returns the threshold of t's probability multiplied by factor, which is
// clamped to 0..1, at the [DefaultPrecision]. Factor 1 returns t unchanged.
func (t Threshold) Scale(factor float64) Threshold {
	if factor >= 1 {
		return t
	}
	return FromProbability(t.Probability() * factor)
}

// String returns the value of the th sub-key: up to 14 lower-case hexadecimal digits
// without trailing zeros, "0" for [Always]. [Never] has no encoding and returns "".
func (t Threshold) String() string {
	if t >= Never {
		return ""
	}
	var b [hexDigits]byte
	return string(t.Append(b[:0]))
}

// Append appends what [Threshold.String] returns.
func (t Threshold) Append(b []byte) []byte {
	if t >= Never {
		return b
	}
	if t == Always {
		return append(b, '0')
	}
	const digits = "0123456789abcdef"
	for v := uint64(t) << 8; v != 0; v <<= 4 {
		b = append(b, digits[v>>60])
	}
	return b
}

// ParseThreshold reads a th value: 1 to 14 hexadecimal digits of either case, trailing
// zeros optional.
func ParseThreshold(s string) (Threshold, bool) {
	v, ok := parseHex(s)
	if !ok || len(s) == 0 || len(s) > hexDigits {
		return 0, false
	}
	return Threshold(v << (4 * uint(hexDigits-len(s)))), true
}

// Randomness is R, the 56 random bits that all decisions about a trace share.
type Randomness uint64

// RandomnessOf returns the low 56 bits of an id given as bytes; ids shorter than seven
// bytes are zero-extended.
func RandomnessOf(id []byte) Randomness {
	var v uint64
	for _, c := range id[max(len(id)-8, 0):] {
		v = v<<8 | uint64(c)
	}
	return Randomness(v & (uint64(Never) - 1))
}

// ParseRandomness reads an rv value: exactly 14 hexadecimal digits of either case.
func ParseRandomness(s string) (Randomness, bool) {
	v, ok := parseHex(s)
	return Randomness(v), ok && len(s) == hexDigits
}

// String returns the value of the rv sub-key: exactly 14 hexadecimal digits.
func (r Randomness) String() string {
	s := strconv.FormatUint(uint64(r)&(uint64(Never)-1), 16)
	return strings.Repeat("0", hexDigits-len(s)) + s
}

func parseHex(s string) (v uint64, ok bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			v = v<<4 | uint64(c-'0')
		case 'a' <= c && c <= 'f':
			v = v<<4 | uint64(c-'a'+10)
		case 'A' <= c && c <= 'F':
			v = v<<4 | uint64(c-'A'+10)
		default:
			return 0, false
		}
	}
	return v, true
}
