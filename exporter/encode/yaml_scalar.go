package encode

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// appendYAMLString appends s as a YAML scalar: as it is if every YAML reader takes that
// for a text, else in double quotes, with JSON's escapes, which YAML shares. They leave nothing
// that YAML forbids in a stream.
func appendYAMLString(dst []byte, s string) []byte {
	if plainYAML(s) {
		return append(dst, s...)
	}
	start := len(dst)
	return joinSurrogates(appendString(dst, s), start)
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
	dst = joinSurrogates(dst, start)
	if len(dst)-start <= longestKey {
		return dst
	}
	return announceKeys(dst, start)
}

// joinSurrogates writes each escape of two surrogates in dst[start:] as one of eight digits,
// which YAML has in its place and which is shorter.
func joinSurrogates(dst []byte, start int) []byte {
	if !bytes.Contains(dst[start:], []byte(`\ud`)) {
		return dst
	}
	out := dst[:start]
	for at := start; at < len(dst); {
		if dst[at] != '\\' {
			out = append(out, dst[at])
			at++
			continue
		}
		if high, ok := surrogate(dst[at:]); ok {
			if low, ok := surrogate(dst[at+6:]); ok {
				out = appendVisibleRune(out, utf16.DecodeRune(high, low))
				at += 12
				continue
			}
		}
		out = append(out, dst[at:at+2]...)
		at += 2
	}
	return out
}

// surrogate reads an escape such as \udb40 at the start of text.
func surrogate(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil && utf16.IsSurrogate(rune(n))
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
