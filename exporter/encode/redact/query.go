package redact

import (
	"net/url"
	"strings"
)

// sensitive reports whether the semantic conventions name a query parameter. They match with case.
func sensitive(name string) bool {
	switch name {
	case "AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature",
		"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token":
		return true
	}
	return false
}

// longestName is the longest name of a query parameter that is looked at, in bytes.
const longestName = 256

// queries masks the values of query parameters, also where the URL is percent-encoded. Percent says
// that s may hold a percent sign.
func (r *Redactor) queries(s string, percent bool) string {
	p := replacer{from: s}
	for i := 0; i < len(s); i++ {
		if !percent {
			next := strings.IndexByte(s[i:], '=')
			if next < 0 {
				break
			}
			i += next
		}
		var value, end int
		switch {
		case s[i] == '=':
			value = i + 1
		case escaped(s, i, '3', 'd'):
			value = i + 3
		default:
			continue
		}
		name, ok := nameBefore(s, i)
		if !ok || !r.hides(name) {
			continue
		}
		for end = value; end < len(s) && !breaks(s[end]) && s[end] != '&' && s[end] != '#'; end++ {
			if value == i+3 && (escaped(s, end, '2', '6') || escaped(s, end, '2', '3')) {
				break
			}
		}
		if p.replace(value, end, Masked) {
			r.counts.query.Add(1)
		}
		i = max(i, end-1)
	}
	return p.text()
}

// nameBefore returns the name of the parameter whose equals sign is at i.
func nameBefore(s string, i int) (name string, ok bool) {
	for start := i - 1; start >= 0 && i-start <= longestName; start-- {
		switch c := s[start]; {
		case c == '?' || c == '&' || c == '#' || c == ';':
			return s[start+1 : i], start+1 < i
		case escaped(s, start, '3', 'f') || escaped(s, start, '2', '6') || escaped(s, start, '2', '3'):
			return s[start+3 : i], start+3 < i
		case c == '=' || escaped(s, start, '3', 'd') || breaks(c):
			return "", false
		}
	}
	return "", false
}

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
