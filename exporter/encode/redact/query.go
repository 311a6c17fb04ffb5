package redact

import (
	"net/url"
	"strings"
)

// sensitive reports whether the semantic conventions name a query parameter. They match with case.
// [namesSensitive] has to know how each name ends.
func sensitive(name string) bool {
	switch name {
	case "AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature",
		"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token":
		return true
	}
	return false
}

// ampersand is what Go's encoder of JSON makes of one.
const ampersand = `\u0026`

// longestName is the longest name of a query parameter that is looked at, in bytes.
const longestName = 256

// queries masks the values of query parameters, also where the URL is percent-encoded. Percent says
// that s may hold a percent sign, isQuery that it is a query without its question mark.
func (r *Redactor) queries(s string, percent, isQuery bool) string {
	p := replacer{from: s}
	for i := 0; i < len(s); {
		start, end := r.nextQuery(s, i, percent, isQuery)
		if start < 0 {
			break
		}
		if p.replace(start, end, Masked) {
			r.counts.query.Add(1)
		}
		i = end
	}
	return p.text()
}

// nextQuery finds the first value to mask whose equals sign is at or behind from; start is -1 if
// there is none.
func (r *Redactor) nextQuery(s string, from int, percent, isQuery bool) (start, end int) {
	for i := from; i < len(s); i++ {
		if !percent {
			next := strings.IndexByte(s[i:], '=')
			if next < 0 {
				break
			}
			i += next
		}
		switch {
		case s[i] == '=':
			start = i + 1
		case escaped(s, i, '3', 'd'):
			start = i + 3
		default:
			continue
		}
		if name, ok := nameBefore(s, i, isQuery); !ok || !r.hides(name) {
			continue
		}
		for end = start; end < len(s) && s[end] != '&' && s[end] != '#'; end++ {
			if !isQuery && breaks(s[end]) || strings.HasPrefix(s[end:], ampersand) ||
				start == i+3 && (escaped(s, end, '2', '6') || escaped(s, end, '2', '3')) {
				break
			}
		}
		return start, end
	}
	return -1, -1
}

// nameBefore returns the name of the parameter whose equals sign is at i.
func nameBefore(s string, i int, isQuery bool) (name string, ok bool) {
	first := max(0, i-longestName)
	for start := i - 1; start >= first; start-- {
		switch c := s[start]; {
		case !endsName[c]:
		case c == '6':
			if strings.HasSuffix(s[:start+1], ampersand) {
				return s[start+1 : i], start+1 < i
			}
		case c == '?' || c == '&' || c == '#' || c == ';':
			return s[start+1 : i], start+1 < i
		case escaped(s, start, '3', 'f') || escaped(s, start, '2', '6') || escaped(s, start, '2', '3'):
			return s[start+3 : i], start+3 < i
		case c != '%' || escaped(s, start, '3', 'd'):
			return "", false
		}
	}
	return s[:i], isQuery && first == 0 && i > 0
}

// endsName has the bytes that may end, or end what ends, the name of a parameter, seen from its end.
var endsName = func() (ends [256]bool) { //nolint:gochecknoglobals // a table
	for c := range ends {
		ends[c] = breaks(byte(c)) || strings.IndexByte("?&#;=%6", byte(c)) >= 0
	}
	return ends
}()

// hides reports whether the values of a parameter are masked.
func (r *Redactor) hides(name string) bool {
	if strings.IndexByte(name, '%') >= 0 {
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
	}
	if r.defaults && sensitive(name) {
		return true
	}
	for _, glob := range r.query {
		if matchFold(glob, name) {
			return true
		}
	}
	return false
}
