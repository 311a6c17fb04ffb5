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

// actionOf returns what the rules say of a key. What they say of the first keys is remembered.
func (r *Redactor) actionOf(key string) action {
	known := r.known.at(key)
	if known == nil {
		return r.match(key)
	}
	k := known.Load()
	switch {
	case k == nil:
		k = &knownKey{strings.Clone(key), r.match(key)}
		known.CompareAndSwap(nil, k)
	case k.key != key:
		return r.match(key)
	}
	return k.action
}

// match compares a key with the rules.
func (r *Redactor) match(key string) action {
	for i := range r.keys {
		if matchFold(r.keys[i].glob, key) {
			return r.keys[i].action
		}
	}
	return actNone
}

// knownKeys remembers what the rules say of keys. A key has one place; the first one that claims it
// stays, so that keys that a stranger makes up take no memory for good and push nothing out.
type knownKeys [512]atomic.Pointer[knownKey]

type knownKey struct {
	key    string
	action action
}

// longestKey is the longest key that is remembered, in bytes.
const longestKey = 128

// at returns the place of a key; nil is none.
func (k *knownKeys) at(key string) *atomic.Pointer[knownKey] {
	n := len(key)
	if k == nil || n < 8 || n > longestKey {
		return nil
	}
	const odd = 0x9E3779B97F4A7C15 // 2^64 over the golden ratio
	sum := (word(key, 0)*odd ^ word(key, n-8) + uint64(n)) * odd
	if n > 16 {
		sum = (sum ^ word(key, n/2-4)) * odd
	}
	return &k[sum>>55]
}
