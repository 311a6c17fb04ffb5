package redact

import (
	"strings"
	"sync/atomic"
)

// action is what happens to the value of a key.
type action uint8

const (
	actNone action = iota
	actDrop
	actMask
	actHash
)

// keyRule is a glob of attribute keys, in lower case.
type keyRule struct {
	glob   string
	action action
}

// keyPasses reports that no rule concerns a key, or what it holds because of its name. What is found
// of the first keys is remembered.
func (r *Redactor) keyPasses(key string) bool {
	n := len(key)
	if n < 8 || n > longestKey {
		return r.unconcerned(key)
	}
	known := &r.known[place(key)]
	switch k := known.Load(); {
	case k == nil:
		passes := r.unconcerned(key)
		known.CompareAndSwap(nil, &knownKey{strings.Clone(key), passes})
		return passes
	case k.key == key:
		return k.passes
	}
	return r.unconcerned(key)
}

func (r *Redactor) unconcerned(key string) bool {
	return r.call == nil && (!r.sql || !isSQL(key)) && r.actionOf(key) == actNone
}

// actionOf compares a key with the rules.
func (r *Redactor) actionOf(key string) action {
	for i := range r.keys {
		if matchFold(r.keys[i].glob, key) {
			return r.keys[i].action
		}
	}
	return actNone
}

// knownKeys remembers what the rules say of keys. A key has one place; the first one that claims it stays,
// so that keys that a caller makes up take no memory for good and push nothing out.
type knownKeys [512]atomic.Pointer[knownKey]

type knownKey struct {
	key    string
	passes bool
}

// longestKey is the longest key that is remembered, in bytes.
const longestKey = 128

// place returns where a key of at least eight bytes belongs.
func place(key string) uint64 {
	const odd = 0x9E3779B97F4A7C15 // 2^64 over the golden ratio
	n := len(key)
	return ((word(key, 0) ^ word(key, n/2-4)*3 ^ word(key, n-8)*5 + uint64(n)) * odd) >> 55
}
