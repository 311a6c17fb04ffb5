package sampler

import (
	"slices"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
)

// memo remembers what a span's name settles, because a process has few names and many spans.
// Lookups take no lock. It has a fixed number of places. A name that others stand in the way of
// gets in when it has come several times, and only if the one in its place has not been asked for
// meanwhile: names with ids in them, which come once or twice, push nothing out and take the
// long way.
type memo struct {
	slots [memoSlots]atomic.Pointer[known]
	doors [memoDoors]atomic.Uint32 // a name that waits: bits of its hash and how often it came
	fills *pace
}

const (
	memoSlots = 256 // as many as the top byte of a hash can tell
	memoDoors = 1024
	memoName  = 128
	maxAtoms  = 6

	// comings is how often a name must have come to take the place of another one. A head and
	// a policy ask about each span.
	comings = 6
	// mostUses is how often a name that is asked for outlasts others that want its place.
	mostUses = 16
)

func newMemo() *memo { return &memo{fills: newPace(4*memoSlots, 100)} }

// known is what a name settles.
type known struct {
	name string
	uses atomic.Int32
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

// hash hashes the length and the first, middle and last eight bytes of name: all of most
// names. Names that share a place are only slower, so that a better hash isn't worth its time.
func hash(name string) uint64 {
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
	return h
}

// word returns the first eight bytes of s, which has as many.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// get returns what is known of name, or nil.
func (m *memo) get(name string) *known {
	k := m.slots[hash(name)>>56].Load()
	if k == nil || k.name != name {
		return nil
	}
	if k.uses.Load() < mostUses {
		k.uses.Store(mostUses)
	}
	return k
}

// open reports whether name, which isn't known, may be put in.
func (m *memo) open(name string) bool {
	if len(name) > memoName {
		return false
	}
	h := hash(name)
	k := m.slots[h>>56].Load()
	if k == nil {
		return m.fills.take()
	}
	if !m.comes(h) {
		return false
	}
	return k.uses.Add(-1) < 0 && m.fills.take()
}

// comes counts a coming of the name of that hash, and reports whether there were enough.
func (m *memo) comes(h uint64) bool {
	const counted = 15
	door, id := &m.doors[h>>46%memoDoors], uint32(h)&^counted
	was := door.Load()
	next := was + 1
	switch mine := was&^counted == id; {
	case mine && was&counted >= comings:
		return true
	case !mine && was&counted > 1:
		next = was - 1 // the other one loses a coming
	case !mine:
		next = id | 1
	}
	door.CompareAndSwap(was, next)
	return false
}

func (m *memo) put(k *known) {
	k.simple = k.results != nil && !slices.ContainsFunc(k.atoms, func(a atom) bool { return a.condition == nil })
	k.name = strings.Clone(k.name) // it may be a piece of something big
	m.slots[hash(k.name)>>56].Store(k)
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
