package sampler

import (
	"slices"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
)

// memo remembers what a span's name settles, because a process has few names and many spans.
// Lookups take no lock. Not more than a fixed number of names ever go in, and no long ones,
// so that names with ids in them fill no memory: they take the long way.
type memo struct {
	slots [memoSlots]atomic.Pointer[known]
	used  atomic.Int32
}

const (
	memoSlots = 256           // as many as the top byte of a hash can tell
	memoFills = 4 * memoSlots // names that share a slot push each other out, so often at most
	memoName  = 128
	maxAtoms  = 6
)

// known is what a name settles.
type known struct {
	name string
	// atoms are the conditions that still have to be looked at.
	atoms []atom
	// results holds the outcome for each combination of met atoms; nil if there are too many.
	results []int32
	// simple says that all atoms are conditions on attributes, and results isn't nil.
	simple bool
	// oneKey replaces atoms and results where it can; nil otherwise.
	oneKey *oneKey
	// left are the rules that the name allows, for a policy with too many atoms.
	left bits
}

// atom is one condition of a rule on anything but the name. One of the fields is set.
type atom struct {
	kind      string
	service   *glob
	condition *condition
}

// slot hashes the length and the first, middle and last eight bytes of name: all of most
// names. Names that share a slot are only slower, so that a better hash isn't worth its time.
func (m *memo) slot(name string) *atomic.Pointer[known] {
	const odd = 0x9e3779b97f4a7c15
	h := uint64(len(name))
	if n := len(name); n >= 8 {
		h = (h ^ word(name)) * odd
		h = (h ^ h>>32 ^ word(name[n/2-4:])) * odd
		h = (h ^ h>>32 ^ word(name[n-8:])) * odd
	} else {
		for i := range len(name) {
			h = (h ^ uint64(name[i])) * odd
		}
	}
	return &m.slots[h>>56]
}

// word returns the first eight bytes of s, which has as many.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// get returns what is known of name, or nil.
func (m *memo) get(name string) *known {
	k := m.slot(name).Load()
	if k == nil || k.name != name {
		return nil
	}
	return k
}

// open reports whether name may be put in.
func (m *memo) open(name string) bool {
	return len(name) <= memoName && m.used.Load() < memoFills
}

func (m *memo) put(k *known) {
	if m.used.Add(1) <= memoFills {
		k.simple = k.results != nil && !slices.ContainsFunc(k.atoms, func(a atom) bool { return a.condition == nil })
		k.name = strings.Clone(k.name) // it may be a piece of something big
		m.slot(k.name).Store(k)
	}
}

// lookAttributes is look for a simple k. It needs no subject.
func (k *known) lookAttributes(attrs []attribute.KeyValue) int32 {
	mask := 0
	for i := range k.atoms {
		if k.atoms[i].condition.met(attrs) {
			mask |= 1 << i
		}
	}
	return k.results[mask]
}

// look returns the outcome for s.
func (k *known) look(s *subject) int32 {
	mask := 0
	for i := range k.atoms {
		if k.atoms[i].met(s) {
			mask |= 1 << i
		}
	}
	return k.results[mask]
}

func (a *atom) met(s *subject) bool {
	switch {
	case a.condition != nil:
		return a.condition.met(s.attrs)
	case a.service != nil:
		return a.service.match(s.serviceName())
	default:
		return a.kind == s.kindWord()
	}
}

func (a *atom) same(b atom) bool {
	switch {
	case a.condition != nil && b.condition != nil:
		return a.condition.key == b.condition.key && slices.EqualFunc(a.condition.values, b.condition.values, sameGlob)
	case a.service != nil && b.service != nil:
		return sameGlob(*a.service, *b.service)
	default:
		return a.kind == b.kind && a.condition == nil && b.condition == nil && a.service == nil && b.service == nil
	}
}

func sameGlob(a, b glob) bool { return slices.Equal(a.tokens, b.tokens) }

// need returns the atoms of r as a mask over atoms, which it extends.
func (r *rule) need(atoms *[]atom) (mask int) {
	add := func(a atom) {
		at := slices.IndexFunc(*atoms, a.same)
		if at < 0 {
			at = len(*atoms)
			*atoms = append(*atoms, a)
		}
		mask |= 1 << min(at, 62)
	}
	if r.kind != "" {
		add(atom{kind: r.kind})
	}
	if r.service.shape != globAny {
		add(atom{service: &r.service})
	}
	for i := range r.conditions {
		add(atom{condition: &r.conditions[i]})
	}
	return mask
}
