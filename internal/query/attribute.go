package query

import "strings"

// key is the key of an attribute, which may have stars. Case matters, as it does to OTel.
type key struct {
	pattern pattern
	plain   string // without a star
}

func newKey(text string) key {
	k := key{plain: text}
	for part := range strings.SplitSeq(text, "*") {
		k.pattern.parts = append(k.pattern.parts, []byte(part))
	}
	return k
}

func (k *key) matches(m *Matcher, name string) bool {
	if !k.pattern.star() {
		return k.plain == name
	}
	m.text = append(m.text[:0], name...)
	return k.pattern.match(m.text)
}

// attribute says whether one of the attributes that the key names compares as it should.
func (c *comparison) attribute(m *Matcher, s *Span) bool {
	for i := range s.Leaves {
		l := &s.Leaves[i]
		if l.In != EventName && c.key.matches(m, l.Key) && c.leaf(m, &l.Value) {
			return true
		}
	}
	return false
}

func (c *comparison) leaf(m *Matcher, v *Value) bool {
	switch {
	case c.op == opPresent, c.op == opUsual && c.pattern.any():
		return true
	case v.kind == isNothing:
		return false
	case c.op > opContains:
		n, ok := v.number()
		return ok && c.op.holds(n.compare(c.number))
	case c.numeric && c.op != opContains && (v.kind == isInt || v.kind == isFloat):
		n, _ := v.number()
		return n.compare(c.number) == 0
	case v.kind == isText:
		return c.matches(m, v.text, false)
	}
	m.text = v.appendText(m.text[:0])
	return c.bytesMatch(m.text, false)
}
