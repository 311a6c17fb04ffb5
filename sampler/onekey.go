package sampler

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// oneKey is what a name settles when all its rules that ask for anything ask for exact
// values of one attribute, such as a tenant: one lookup, however many rules there are.
type oneKey struct {
	key     attribute.Key
	old     bool
	byValue map[string]int32 // by printed value
	other   int32            // for all other values, and without the attribute
}

// oneKeyOf returns the table of the rules of left, or nil if they ask for more.
func (m *matcher) oneKeyOf(left bits) *oneKey {
	t := &oneKey{byValue: make(map[string]int32)}
	for i := range m.rules {
		r := &m.rules[i]
		if left[i/64]>>(i%64)&1 == 0 {
			continue
		}
		if r.kind != "" || r.service.shape != globAny || len(r.conditions) > 1 {
			return nil
		}
		for _, c := range r.conditions {
			if !c.exact() || t.key != "" && t.key != c.key {
				return nil
			}
			t.key, t.old = c.key, c.old
			for _, g := range c.values {
				t.byValue[g.prefix] = 0
			}
		}
	}
	if t.key == "" {
		return nil
	}
	for value := range t.byValue {
		t.byValue[value] = m.withValue(left, value)
	}
	t.other = int32(m.narrowest(slices.Clone(left), func(i int) bool { return len(m.rules[i].conditions) == 0 }))
	return t
}

// exact reports that c has no wildcard.
func (c *condition) exact() bool {
	return !slices.ContainsFunc(c.values, func(g glob) bool { return g.shape != globExact })
}

// withValue returns the rule of left that decides if the attribute has that value.
func (m *matcher) withValue(left bits, value string) int32 {
	return int32(m.narrowest(slices.Clone(left), func(i int) bool {
		conditions := m.rules[i].conditions
		return len(conditions) == 0 || slices.ContainsFunc(conditions[0].values, func(g glob) bool { return g.prefix == value })
	}))
}

// look returns the rule for attrs; false for an attribute with several values, which may
// meet several conditions.
func (t *oneKey) look(attrs []attribute.KeyValue) (rule int32, ok bool) {
	v := lookup(attrs, t.key, t.old)
	if v == nil {
		return t.other, true
	}
	if _, several := elements(*v); several {
		return 0, false
	}
	var buf [32]byte
	text, printed := scalar(*v, buf[:0])
	switch {
	case printed != nil:
		rule, ok = t.byValue[string(printed)]
	case len(text) <= maxGlob: // no value of a rule is longer
		rule, ok = t.byValue[text]
	}
	if ok {
		return rule, true
	}
	return t.other, true
}
