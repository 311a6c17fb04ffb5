package sampler

import (
	"fmt"
	mathbits "math/bits"
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// matcher finds the rule of a span. All globs for the name are matched in one pass, and so are
// those for the service and for each attribute; what is left is the kind.
type matcher struct {
	rules    []rule
	narrower []bits // for each rule, the later ones that are strictly narrower; nil if none
	words    int
	names    *patterns
	services *patterns // nil if no rule asks for one
	keys     []keyIndex
	memo     *memo
}

// keyIndex has all conditions on one attribute.
type keyIndex struct {
	key    attribute.Key
	old    bool
	asking bits // rules with a condition on it
	values *patterns
}

func newMatcher(rules []rule) *matcher {
	m := &matcher{rules: rules, words: (len(rules) + 63) / 64, memo: newMemo()}
	m.names = newPatterns(m.words)
	for i := range rules {
		r := &rules[i]
		m.names.add(&r.name, i)
		if r.service.shape != globAny && m.services == nil {
			m.services = newPatterns(m.words)
		}
		for k := range r.conditions {
			m.index(&r.conditions[k], i)
		}
	}
	m.names.compile()
	if m.services != nil {
		for i := range rules {
			m.services.add(&rules[i].service, i)
		}
		m.services.compile()
	}
	for i := range m.keys {
		m.keys[i].values.compile()
	}
	return m
}

func (m *matcher) empty() bits { return make(bits, m.words) }

func (m *matcher) index(c *condition, rule int) {
	at := slices.IndexFunc(m.keys, func(k keyIndex) bool { return k.key == c.key })
	if at < 0 {
		at = len(m.keys)
		m.keys = append(m.keys, keyIndex{c.key, c.old, m.empty(), newPatterns(m.words)})
	}
	m.keys[at].asking.set(rule)
	for i := range c.values {
		m.keys[at].values.add(&c.values[i], rule)
	}
}

// find returns the index of the rule that decides, or -1: the first that matches, then again
// and again the first later one that matches and is strictly narrower.
func (m *matcher) find(s *subject) int {
	if len(m.rules) == 0 {
		return -1
	}
	k := m.memo.get(s.name)
	if k == nil && m.memo.open(s.name) {
		k = m.learn(s.name)
		m.memo.put(k)
	}
	switch {
	case k == nil:
	case k.results != nil:
		return int(k.look(s))
	case k.oneKey != nil:
		if rule, ok := k.oneKey.look(s.attrs); ok {
			return int(rule)
		}
	}
	var room [maxRules / 64]uint64
	left := bits(room[:m.words])
	if k != nil {
		left.add(k.left)
	} else {
		m.names.match(s.name, left)
	}
	m.keepServices(s, left)
	m.keepValues(s, left)
	return m.narrowest(left, func(i int) bool { return m.rules[i].kind == "" || m.rules[i].kind == s.kindWord() })
}

// narrowest returns the rule of left that decides, given which of them match. It empties left.
func (m *matcher) narrowest(left bits, match func(rule int) bool) int {
	best := -1
	for w := range left {
		for left[w] != 0 {
			i := w*64 + mathbits.TrailingZeros64(left[w])
			left[w] &= left[w] - 1
			if !match(i) {
				continue
			}
			best = i
			row := m.narrower[i]
			if row == nil {
				return best
			}
			for k := w; k < len(left); k++ {
				left[k] &= row[k]
			}
		}
	}
	return best
}

// learn works out what name settles.
func (m *matcher) learn(name string) *known {
	k := &known{name: name, left: m.allowed(name)}
	if k.oneKey = m.oneKeyOf(k.left); k.oneKey != nil {
		return k
	}
	needs := m.needs(k.left, &k.atoms)
	if len(k.atoms) > maxAtoms {
		k.atoms = nil
		return k
	}
	k.results = make([]int32, 1<<len(k.atoms))
	for met := range k.results {
		k.results[met] = int32(m.settle(k.left, needs, met))
	}
	return k
}

// allowed returns the rules whose name condition name meets.
func (m *matcher) allowed(name string) bits {
	left := m.empty()
	m.names.match(name, left)
	return left
}

// needs returns, for each rule of left, its atoms as a mask over atoms, which it extends.
func (m *matcher) needs(left bits, atoms *[]atom) []int {
	needs := make([]int, len(m.rules))
	for i := range m.rules {
		if left[i/64]>>(i%64)&1 == 1 {
			needs[i] = m.rules[i].need(atoms)
		}
	}
	return needs
}

// settle returns the rule of left that decides if exactly the atoms of met are met.
func (m *matcher) settle(left bits, needs []int, met int) int {
	return m.narrowest(slices.Clone(left), func(i int) bool { return needs[i]&met == needs[i] })
}

// keepServices drops the rules from left that ask for another service than that of s.
func (m *matcher) keepServices(s *subject, left bits) {
	if m.services == nil || left.none() {
		return
	}
	var room [maxRules / 64]uint64
	met := bits(room[:m.words])
	m.services.match(s.serviceName(), met)
	left.keep(met)
}

// keepValues drops the rules from left with a condition that s doesn't meet.
func (m *matcher) keepValues(s *subject, left bits) {
	for i := range m.keys {
		k := &m.keys[i]
		if !k.asking.meets(left) {
			continue
		}
		var room [maxRules / 64]uint64
		met := bits(room[:m.words])
		if v := lookup(s.attrs, k.key, k.old); v != nil {
			k.match(*v, met, 0)
		}
		for w := range left {
			left[w] &^= k.asking[w] &^ met[w]
		}
	}
}

// match adds to met the rules whose condition v meets.
func (k *keyIndex) match(v attribute.Value, met bits, depth int) {
	if depth < maxDepth {
		if all, ok := elements(v); ok {
			for _, v := range all {
				k.match(v, met, depth+1)
			}
			return
		}
	}
	var buf [32]byte
	text, number := scalar(v, buf[:0])
	if number != nil {
		text = string(number)
	}
	k.values.match(text, met)
}

// rank finds out which rules are narrower than which, and what has to be said about it.
func (m *matcher) rank(p *problems) (notes []string) {
	m.narrower = make([]bits, len(m.rules))
	for j := range m.rules {
		told := false
		for i := range j {
			a, b := &m.rules[i], &m.rules[j]
			if !b.within(a) {
				continue
			}
			if a.within(b) {
				p.add(fmt.Sprintf("rules[%d]", j), "it accepts the same spans as rules[%d] (%s), so it could never decide: remove one of them", i, a)
				continue
			}
			if m.narrower[i] == nil {
				m.narrower[i] = m.empty()
			}
			m.narrower[i].set(j)
			if !told && a.sample != b.sample {
				told = true
				notes = append(notes, fmt.Sprintf(
					"rules[%d] (%s) is narrower than rules[%d] (%s), which stands before it: spans that match both are sampled at %v, not at %v",
					j, b, i, a, b.sample, a.sample))
			}
		}
	}
	return notes
}
