package query

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// appendFolded appends s as texts are compared: in lower case, each wrong byte as U+FFFD, as
// everything that writes spans has it.
func appendFolded[T string | []byte](dst []byte, s T) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		var part [utf8.UTFMax]byte
		r, size := utf8.DecodeRune(part[:copy(part[:], s[i:])])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += size
	}
	return dst
}

// foldedHas says whether s has needle, which is folded.
func (m *Matcher) foldedHas(s string, needle []byte) bool {
	// Folding may make a text shorter or longer, but never by more than a factor of 3.
	if len(s)*3 < len(needle) {
		return false
	}
	m.folded = appendFolded(m.folded[:0], s)
	return bytes.Contains(m.folded, needle)
}

// foldedIs says whether s is text, which is folded.
func (m *Matcher) foldedIs(s string, text []byte) bool {
	if len(s)*3 < len(text) || len(s) > 3*len(text) {
		return false
	}
	m.folded = appendFolded(m.folded[:0], s)
	return bytes.Equal(m.folded, text)
}
