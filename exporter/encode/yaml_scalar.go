package encode

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// appendYAMLString appends s as a YAML scalar: as it is if every YAML reader takes that
// for a text, else in double quotes, with JSON's escapes, which YAML shares. What YAML
// forbids in a stream and JSON allows is escaped too.
func appendYAMLString(dst []byte, s string) []byte {
	if plainYAML(s) {
		return append(dst, s...)
	}
	start := len(dst)
	dst = appendString(dst, s)
	return escapeForYAML(dst, start)
}

// longestKey is how many bytes a key may have where nothing announces it.
const longestKey = 1000

// appendYAMLKey appends a key of the document and what separates it from its value. YAML
// has keys of more than 1024 characters only where a question mark says that one comes.
func appendYAMLKey(dst []byte, name string) []byte {
	start := len(dst)
	dst = appendYAMLString(dst, name)
	if len(dst)-start <= longestKey {
		return append(dst, ": "...)
	}
	dst = append(dst, "? "...)
	copy(dst[start+2:], dst[start:])
	copy(dst[start:], "? ")
	return append(dst, "\n: "...)
}

// jsonToYAML makes the JSON in dst[start:] YAML, which it nearly is.
func jsonToYAML(dst []byte, start int) []byte {
	dst = escapeForYAML(dst, start)
	if len(dst)-start <= longestKey {
		return dst
	}
	return announceKeys(dst, start)
}

// announceKeys puts a question mark before each long key of the JSON in dst[start:].
func announceKeys(dst []byte, start int) []byte {
	var keys []int
	begin := -1 // of the string that at is in
	for at := start; at < len(dst); at++ {
		switch {
		case dst[at] == '\\':
			at++
		case dst[at] != '"':
		case begin < 0:
			begin = at
		default:
			if at-begin > longestKey && at+1 < len(dst) && dst[at+1] == ':' {
				keys = append(keys, begin)
			}
			begin = -1
		}
	}
	for _, key := range slices.Backward(keys) {
		dst = slices.Insert(dst, key, '?', ' ')
	}
	return dst
}

// plainYAML reports a word of letters, digits and a few marks that begins with a letter
// and that no reader takes for a boolean, null or number.
func plainYAML(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') && (i == 0 || c != '.' && c != '-' && c != '/') {
			return false
		}
	}
	if len(s) > 5 {
		return true
	}
	for _, word := range [...]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan", "_"} {
		if strings.EqualFold(s, word) {
			return false
		}
	}
	return true
}

// escapeForYAML escapes DEL, C1 controls, separators, the byte order mark and
// noncharacters in dst[start:], which is JSON. They can only be within strings there.
func escapeForYAML(dst []byte, start int) []byte {
	at, size := nextUnprintable(dst[start:])
	if size == 0 {
		return dst
	}
	rest := string(dst[start+at:])
	dst = dst[:start+at]
	for at = 0; size > 0; at, size = nextUnprintable(rest) {
		r, _ := utf8.DecodeRuneInString(rest[at:])
		dst = appendRuneEscape(append(dst, rest[:at]...), r)
		rest = rest[at+size:]
	}
	return append(dst, rest...)
}

// nextUnprintable returns where the first of them is; size 0 if there is none.
func nextUnprintable[T string | []byte](s T) (at, size int) {
	for at < len(s) {
		if s[at] < utf8.RuneSelf && s[at] != 0x7f {
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[at:min(at+utf8.UTFMax, len(s))]))
		if unprintableYAML(r) {
			return at, size
		}
		at += size
	}
	return at, 0
}

func unprintableYAML(r rune) bool {
	return r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 ||
		r == 0xfeff || r == 0xfffe || r == 0xffff
}

func appendYAMLFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, ".nan"...)
	case math.IsInf(f, 1):
		return append(dst, ".inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-.inf"...)
	}
	before := len(dst)
	dst = appendFloat(dst, f)
	if bytes.IndexByte(dst[before:], '.') < 0 {
		// YAML 1.1 has no float without a dot: 1e+21 would be a text.
		if at := bytes.IndexByte(dst[before:], 'e'); at >= 0 {
			exponent := string(dst[before+at:])
			return append(append(dst[:before+at], ".0"...), exponent...)
		}
		return append(dst, ".0"...)
	}
	return dst
}
