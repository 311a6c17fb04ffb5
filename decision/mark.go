package decision

import "strconv"

// Mark is what a head sampler leaves in the tracestate of every span that it has seen,
// kept or dropped, as the member "tracehook". Children inherit the tracestate, so that a
// grandchild still knows where its th came from; the process below replaces it.
//
// Its written form is one letter for the origin, eight hexadecimal digits for the tag, and
// what was recorded: "l0badcafe", or "l0badcafee6666" where only R >= e6666... was.
type Mark struct {
	// Recorded is the threshold from which on the head recorded such spans for certain,
	// whatever they turned out to be: [Always] if nothing was left out. A connection that
	// came later, with a reload, and would keep more than was recorded must count at
	// Recorded instead of its own threshold. [Never] says that nothing is certain.
	Recorded Threshold
	// Tag is the head sampler's own number. Marks with another tag came from elsewhere.
	Tag uint32
	// Origin is who decided.
	Origin Origin
}

const (
	originLetters = "?liu" // by Origin
	tagDigits     = 8
	nothing       = "x" // Recorded of Never, which th has no form for
)

// String returns the written form; "" for [Foreign], which has none.
func (m Mark) String() string {
	if m.Origin == Foreign || int(m.Origin) >= len(originLetters) {
		return ""
	}
	b := make([]byte, 0, 1+tagDigits+hexDigits)
	b = append(b, originLetters[m.Origin])
	for shift := 28; shift >= 0; shift -= 4 {
		b = strconv.AppendUint(b, uint64(m.Tag>>shift&0xf), 16)
	}
	switch {
	case m.Recorded >= Never:
		b = append(b, nothing...)
	case m.Recorded != Always:
		b = m.Recorded.Append(b)
	}
	return string(b)
}

// ParseMark reads what [Mark.String] wrote. Anything else is the zero Mark. It doesn't
// allocate.
func ParseMark(s string) Mark {
	if len(s) <= tagDigits {
		return Mark{}
	}
	var m Mark
	switch s[0] {
	case originLetters[Local]:
		m.Origin = Local
	case originLetters[Inherited]:
		m.Origin = Inherited
	case originLetters[Unweighted]:
		m.Origin = Unweighted
	default:
		return Mark{}
	}
	tag, ok := parseHex(s[1 : 1+tagDigits])
	if !ok {
		return Mark{}
	}
	m.Tag = uint32(tag)
	switch rest := s[1+tagDigits:]; rest {
	case "":
	case nothing:
		m.Recorded = Never
	default:
		if m.Recorded, ok = ParseThreshold(rest); !ok {
			return Mark{}
		}
	}
	return m
}
