package tree

import "strconv"

// deepest is how many levels are indented at most; spans below say their depth in digits, so
// that neither a deep recursion nor a broken file makes lines without end.
const deepest = 16

// branches draws the lines that lead to spans and pass by them.
type branches struct {
	levels int           // that are indented: 2 to deepest
	ended  [deepest]bool // whether the last branch of each level has been drawn
}

// indent returns the cells before the name of a span.
func (b *branches) indent(depth int) int { return 3 * min(depth, b.levels) }

// lead appends the lines that lead to a span.
func (b *branches) lead(dst []byte, depth int, last bool) []byte {
	switch {
	case depth == 0:
		return dst
	case depth >= b.levels:
		const room = 6 // two levels
		digits := strconv.Itoa(depth)
		dst = b.passing(dst, b.levels-2)
		dst = append(dst, "⋯"...)
		digits = digits[max(len(digits)-room+1, 0):]
		dst = append(dst, digits...)
		return blanks(dst, room-1-len(digits))
	}
	b.ended[depth] = last
	dst = b.passing(dst, depth-1)
	if last {
		return append(dst, "└─ "...)
	}
	return append(dst, "├─ "...)
}

// trunk appends the lines that pass a note below a span.
func (b *branches) trunk(dst []byte, depth int, children bool) []byte {
	dst = b.passing(dst, min(depth, b.levels-1))
	if children && depth < b.levels-1 {
		return append(dst, "│  "...)
	}
	return append(dst, "   "...)
}

func (b *branches) passing(dst []byte, levels int) []byte {
	for level := 1; level <= levels; level++ {
		if b.ended[level] {
			dst = append(dst, "   "...)
		} else {
			dst = append(dst, "│  "...)
		}
	}
	return dst
}
