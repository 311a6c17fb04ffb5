package redact

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// unkeyed returns the redacted form of a text that has no key.
func (r *Redactor) unkeyed(s string) string {
	if r.call != nil && s != "" {
		if v, changed := r.called("", attribute.StringValue(s)); changed {
			if v.Type() != attribute.STRING {
				return Masked
			}
			s = v.AsString()
		}
	}
	return r.text(s, false)
}

// isQuery reports whether an attribute holds the query of a URL, in which the first parameter has no
// question mark before it.
func isQuery(key string) bool { return key == "url.query" || key == "http.query" }

// text returns the redacted form of s, which is s itself if nothing is found. It takes time linear
// in the length of s. IsQuery says that s is a query without its question mark.
func (r *Redactor) text(s string, isQuery bool) string {
	if r.defaults {
		if _, beyond := marked(s); beyond {
			s = r.userInfo(s)
		}
	}
	for i := range r.patterns {
		s = r.patterns[i].replace(s, &r.counts.patterns[i].n)
	}
	// The last ones: they end at a blank, and what has a form of its own may have some.
	if !r.urls {
		return s
	}
	if some, beyond := marked(s); some {
		s = r.queries(s, beyond && strings.IndexByte(s, '%') >= 0, isQuery)
	}
	return s
}

// replacer copies a text and replaces parts of it.
type replacer struct {
	from string
	to   strings.Builder
	done int // how much of from is in to
}

// replace puts with in place of from[start:end]. It reports whether that differs. Calls go from left
// to right.
func (p *replacer) replace(start, end int, with string) bool {
	if start < p.done || start >= end || p.from[start:end] == with {
		return false
	}
	if p.done == 0 {
		p.to.Grow(len(p.from) + 2*len(Masked))
	}
	p.to.WriteString(p.from[p.done:start])
	p.to.WriteString(with)
	p.done = end
	return true
}

// text returns the text with the replacements.
func (p *replacer) text() string {
	if p.done == 0 {
		return p.from
	}
	p.to.WriteString(p.from[p.done:])
	return p.to.String()
}

// breaks reports whether white space, a quote, an angle bracket or a control character ends a URL in a
// text.
func breaks(c byte) bool {
	return c <= ' ' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>' || c == 0x7f
}

// escaped reports whether s has the percent-encoded byte at i, in either case.
func escaped(s string, i int, high, low byte) bool {
	return i+2 < len(s) && s[i] == '%' && s[i+1] == high && lower(s[i+2]) == low
}
