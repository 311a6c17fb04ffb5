package encode

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte { return append(appendOpen(dst, s), '"') }

// appendKey appends a comma, s as a JSON string, and a colon.
func appendKey(dst []byte, s string) []byte {
	return append(appendOpen(append(dst, ','), s), '"', ':')
}

// appendOpen appends a quote and s as the inside of a JSON string. It copies and checks in
// one pass: the first byte that isn't plain sends all of s the slow way.
func appendOpen(dst []byte, s string) []byte {
	start := len(dst) + 1
	dst = append(slices.Grow(dst, len(s)+3), '"') // for what follows, too
	text := dst[start : start+len(s)]
	switch {
	case len(s) >= 8:
		for n := 0; n < len(s)-8; n += 8 {
			w := load(s[n:])
			binary.LittleEndian.PutUint64(text[n:], w)
			if special(w) != 0 {
				return appendEscaped(dst, s)
			}
		}
		w := load(s[len(s)-8:]) // the rest, with some before it again
		binary.LittleEndian.PutUint64(text[len(s)-8:], w)
		if special(w) != 0 {
			return appendEscaped(dst, s)
		}
	case len(s) >= 4:
		first, last := load4(s), load4(s[len(s)-4:])
		binary.LittleEndian.PutUint32(text, first)
		binary.LittleEndian.PutUint32(text[len(s)-4:], last)
		if special(uint64(first)|uint64(last)<<32) != 0 {
			return appendEscaped(dst, s)
		}
	default:
		for i := range len(s) {
			if !plainByte(s[i]) {
				return appendEscaped(dst, s)
			}
			text[i] = s[i]
		}
	}
	return dst[:start+len(s)]
}

// appendEscaped appends s as the inside of a JSON string.
func appendEscaped(dst []byte, s string) []byte {
	for {
		n := plain(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return dst
		}
		s = s[n:]
		if c := s[0]; c < utf8.RuneSelf {
			dst = appendEscape(dst, c)
			s = s[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, "\ufffd"...)
		case hiddenRune(r): // some terminals obey them, and editors break lines at some
			dst = appendRuneEscape(dst, r)
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
}

// appendRuneEscape appends \uXXXX, which is twice as long for a rune of more than 16 bits.
func appendRuneEscape(dst []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return appendRuneEscape(appendRuneEscape(dst, high), low)
	}
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainByte says whether c is plain: ASCII, but no control character, quote or backslash.
func plainByte(c byte) bool { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' }

// plain returns the length of the longest prefix of s that is plain.
func plain(s string) int {
	n := 0
	for ; len(s)-n >= 8; n += 8 {
		if mask := special(load(s[n:])); mask != 0 {
			return n + bits.TrailingZeros64(mask)/8
		}
	}
	for n < len(s) && plainByte(s[n]) {
		n++
	}
	return n
}

// load returns the first eight bytes of s, the first one in the lowest byte.
func load(s string) uint64 {
	b := s[:8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56 // one instruction
}

// load4 is the same with four bytes.
func load4(s string) uint32 {
	b := s[:4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// special returns 0 if the eight bytes of w are plain. The lowest bit that it sets is the
// highest one of the first byte that isn't; those above it mean nothing.
func special(w uint64) uint64 {
	// A byte has its high bit set in w if it isn't ASCII, in low if it is a control character or
	// a quote, which changing the second bit moves right behind those, in slash if it is a
	// backslash, and in del if it is DEL.
	low := (w ^ lows*2) - lows*0x21
	slash := (w ^ lows*'\\') - lows
	del := w + lows
	return (w | low | slash | del) & highs
}
