package encode

import "unicode/utf8"

// appendVisible appends s for people's eyes on one line: what would end the line, move the
// cursor, send a command to the terminal, or turn the direction of writing is shown as a Go
// escape. Backslashes stay as they are, so that paths stay readable.
func appendVisible(dst []byte, s string) []byte {
	for len(s) > 0 {
		n := 0
		for n < len(s) && s[n] >= 0x20 && s[n] < 0x7f {
			n++
		}
		dst = append(dst, s[:n]...)
		s = s[n:]
		if s == "" {
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1, r < 0x20, r == 0x7f:
			dst = appendVisibleByte(dst, s[0])
		case hiddenRune(r):
			dst = appendVisibleRune(dst, r)
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
	return dst
}

func appendVisibleByte(dst []byte, c byte) []byte {
	switch c {
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
	}
}

func appendVisibleRune(dst []byte, r rune) []byte {
	if r <= 0xffff {
		return appendRuneEscape(dst, r)
	}
	dst = append(dst, '\\', 'U')
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[r>>shift&15])
	}
	return dst
}

// hiddenRune reports a rune that people can't see but that changes what they see, or that hides
// text from them: C1 controls (some terminals obey them), line and paragraph separators, marks
// and overrides of the direction of writing, zero-width characters, letters without a shape,
// the byte order mark, tags and variation selectors beyond the first sixteen, and
// noncharacters.
func hiddenRune(r rune) bool {
	switch {
	case r < 0x80:
		return false
	case r < 0xa0, r == 0xad, r == 0x034f, r == 0x061c,
		r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5,
		r >= 0x180b && r <= 0x180f,
		r >= 0x200b && r <= 0x200f && r != 0x200d, // joiners make emoji
		r >= 0x2028 && r <= 0x202e,
		r >= 0x2060 && r <= 0x206f,
		r == 0x3164, r == 0xfeff, r == 0xffa0,
		r >= 0xfff0 && r <= 0xfffb,
		r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe,
		r >= 0x1bca0 && r <= 0x1bca3, r >= 0x1d173 && r <= 0x1d17a,
		r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}

// AppendVisible appends s for people's eyes on one line of a terminal; see the package's
// documentation.
func AppendVisible(dst []byte, s string) []byte { return appendVisible(dst, s) }
