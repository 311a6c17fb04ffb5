package query

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// compile finishes a comparison whose value has been read. The term begins at byte at, its value at
// byte valueAt.
func (p *parser) compile(c *comparison, at, valueAt int) node {
	if p.err != nil {
		return nil
	}
	length := p.at - valueAt
	fail := func(format string, args ...any) node { return p.fail(valueAt, length, format, args...) }
	for _, part := range c.value.parts {
		c.pattern.parts = append(c.pattern.parts, appendFolded(nil, part))
	}
	c.folded = appendFolded(nil, c.value.raw)
	switch c.field {
	case anywhere:
		if c.pattern.any() {
			return fail("a star alone finds everything; leave it out")
		}
	case fieldDuration:
		return p.duration(c, at, valueAt)
	case fieldStart, fieldEnd:
		return p.time(c, at, valueAt)
	case fieldIs:
		if c.op != opUsual || c.value.raw != "root" {
			return p.fail(at, p.at-at, "there is is:root only, for spans without a parent")
		}
	case fieldTrace, fieldSpan, fieldParent:
		if c.op > opContains {
			return p.fail(at, p.at-at, "ids have no order; compare them with : alone")
		}
		if c.pattern.star() || c.op == opContains || !hexadecimal(c.value.raw) || len(c.value.raw) > c.field.ids() {
			return fail("want the first digits of an id, at most %d from 0 to 9 and a to f", c.field.ids())
		}
	case attribute:
		var isNumber bool
		if c.number, isNumber = parseNumber(c.value.raw); !isNumber && c.op > opContains {
			return fail("want a number: >, >=, < and <= compare the numbers of attributes")
		}
		c.numeric = isNumber && !c.value.quoted
	default:
		if c.op > opContains {
			return p.fail(at, p.at-at, "a %s has no order; compare it with :, := or :~", fields()[c.field-1])
		}
	}
	return c
}

func hexadecimal(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}

// duration compiles duration:>100ms and duration:100ms..1s.
func (p *parser) duration(c *comparison, at, valueAt int) node {
	limits, ok := p.limits(c, at, "duration:>=100ms")
	if !ok {
		return nil
	}
	for i, text := range limits {
		d, err := parseDuration(text)
		if err != nil {
			return p.fail(valueAt, p.at-valueAt, "%v", err)
		}
		c.limits[i] = int64(d)
	}
	return c
}

func parseDuration(s string) (time.Duration, error) {
	if ms, err := strconv.ParseFloat(s, 64); err == nil {
		if !(ms >= 0 && ms < math.MaxInt64/1e6) { // NaN isn't either
			return 0, fmt.Errorf("%s is no duration; a bare number is milliseconds", quoted(s))
		}
		return time.Duration(ms * 1e6), nil
	}
	d, err := time.ParseDuration(strings.ToLower(s))
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s is no duration; write 100ms, 1.5s, 2m or a number of milliseconds", quoted(s))
	}
	return d, nil
}

// time compiles start:>2026-03-04T05:06:07Z and the like.
func (p *parser) time(c *comparison, at, valueAt int) node {
	limits, ok := p.limits(c, at, fields()[c.field-1]+":>=2026-03-04T05:06:07Z")
	if !ok {
		return nil
	}
	for i, text := range limits {
		t, ok := parseTime(text)
		if !ok {
			return p.fail(valueAt, p.at-valueAt, "%s is no time; write 2026-03-04, 2026-03-04T05:06 or 2026-03-04T05:06:07Z", quoted(text))
		}
		c.limits[i] = t.UnixNano()
	}
	return c
}

func parseTime(s string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, inNano(t)
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, inNano(t)
		}
	}
	return time.Time{}, false
}

// inNano says whether t has Unix nanoseconds.
func inNano(t time.Time) bool { return t.Year() > 1678 && t.Year() < 2262 }

// limits returns one limit, or two of a range.
func (p *parser) limits(c *comparison, at int, example string) ([]string, bool) {
	if c.op == opUsual && !c.value.quoted {
		if from, to, ok := strings.Cut(c.value.raw, ".."); ok {
			c.ranged = true
			return []string{from, to}, true
		}
	}
	switch c.op {
	case opLess, opAtMost, opGreater, opAtLeast:
		return []string{c.value.raw}, true
	default:
		name, limit, _ := strings.Cut(example, ":>=")
		p.fail(at, p.at-at, "say how it compares, as in %s, or from where to where, as in %s:%s..%s", example, name, limit, limit)
		return nil, false
	}
}
