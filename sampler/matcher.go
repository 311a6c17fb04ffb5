package sampler

import (
	"fmt"
	mathbits "math/bits"
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// matcher finds the rule of a span. Names and exact attribute values are indexed; what the
// indexes leave over is checked rule by rule. Rules that only have globs without literal
// text at either end, or no name and no exact value, can't be indexed and cost their time.
type matcher struct {
	rules    []rule
	narrower []bits // for each rule, the later ones that are strictly narrower; nil if none
	words    int
	loose    bits // rules that the name indexes know nothing of
	front    *tree
	back     *tree
	memo     *memo
	// values holds, for each indexed key, which rules each printed value satisfies; free
	// are the rules without an indexed condition.
	values []valueIndex
	free   bits
}

type valueIndex struct {
	key   attribute.Key
	rules map[string]bits
}

func newMatcher(rules []rule) *matcher {
	m := &matcher{rules: rules, words: (len(rules) + 63) / 64, memo: &memo{}}
	m.loose, m.free = m.empty(), m.empty()
	for i := range rules {
		m.indexName(i)
		m.indexValue(i)
	}
	return m
}

func (m *matcher) empty() bits { return make(bits, m.words) }

func (m *matcher) indexName(i int) {
	n := &m.rules[i].name
	root, text := &m.front, n.prefix
	if n.prefix == "" && n.suffix != "" {
		root, text = &m.back, backwards(n.suffix)
	}
	if text == "" && n.shape != globExact {
		m.loose.set(i)
		return
	}
	if *root == nil {
		*root = &tree{}
	}
	node := (*root).insert(text)
	at := &node.open
	if n.shape == globExact {
		at = &node.whole
	}
	if *at == nil {
		*at = m.empty()
	}
	at.set(i)
}

func (m *matcher) indexValue(i int) {
	for _, c := range m.rules[i].conditions {
		if !c.exact() {
			continue
		}
		at := slices.IndexFunc(m.values, func(v valueIndex) bool { return v.key == c.key })
		if at < 0 {
			at = len(m.values)
			m.values = append(m.values, valueIndex{c.key, map[string]bits{}})
		}
		index := m.values[at].rules
		for _, g := range c.values {
			if index[g.prefix] == nil {
				index[g.prefix] = m.empty()
			}
			index[g.prefix].set(i)
		}
		return
	}
	m.free.set(i)
}

func (c *condition) exact() bool {
	for i := range c.values {
		if c.values[i].shape != globExact {
			return false
		}
	}
	return true
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
		m.named(s.name, left)
	}
	if m.values != nil {
		m.keepValues(s, left)
	}
	return m.narrowest(left, func(i int) bool { return m.rules[i].matches(s) })
}

// named adds to left the rules that a name allows, and perhaps some more that it doesn't.
func (m *matcher) named(name string, left bits) {
	left.add(m.loose)
	if m.front != nil {
		m.front.collect(name, left)
	}
	if m.back != nil {
		m.back.collectBack(name, left)
	}
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
	m.named(name, left)
	for i := range m.rules {
		if left[i/64]>>(i%64)&1 == 1 && !m.rules[i].name.match(name) {
			left[i/64] &^= 1 << (i % 64)
		}
	}
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

// keepValues drops the rules from left whose indexed condition s doesn't meet.
func (m *matcher) keepValues(s *subject, left bits) {
	var room [maxRules / 64]uint64
	met := bits(room[:m.words])
	met.add(m.free)
	for i := range m.values {
		for j := range s.attrs {
			if s.attrs[j].Key == m.values[i].key {
				addValue(m.values[i].rules, s.attrs[j].Value, met, 0)
				break // the first one counts, as in condition.met
			}
		}
	}
	for i := range left {
		left[i] &= met[i]
	}
}

func addValue(index map[string]bits, v attribute.Value, met bits, depth int) {
	if depth < maxDepth {
		if all, ok := elements(v); ok {
			for _, v := range all {
				addValue(index, v, met, depth+1)
			}
			return
		}
	}
	var buf [32]byte
	text, number := scalar(v, buf[:0])
	if number != nil {
		met.add(index[string(number)])
		return
	}
	met.add(index[text])
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
