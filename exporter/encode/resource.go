package encode

import (
	"go.opentelemetry.io/otel/sdk/resource"
)

// maxCached bounds how many resources (and scopes) an encoder remembers in encoded form. A
// process has one, or one for each framework service; beyond the bound the memory starts
// over.
const maxCached = 64

// cache remembers encoded things by their identity.
type cache[K comparable] struct {
	last    K
	encoded []byte
	all     map[K][]byte
}

// get returns what was put for key.
func (c *cache[K]) get(key K) ([]byte, bool) {
	if c.encoded != nil && key == c.last {
		return c.encoded, true
	}
	encoded, ok := c.all[key]
	if ok {
		c.last, c.encoded = key, encoded
	}
	return encoded, ok
}

// put keeps encoded, which mustn't be nil, for key.
func (c *cache[K]) put(key K, encoded []byte) {
	if c.all == nil || len(c.all) >= maxCached {
		c.all = make(map[K][]byte)
	}
	c.all[key] = encoded
	c.last, c.encoded = key, encoded
}

// or returns what was put for key, or puts what encode appends for it.
func (c *cache[K]) or(key K, encode func(dst []byte, key K) []byte) []byte {
	encoded, ok := c.get(key)
	if !ok {
		encoded = encode([]byte{}, key)
		c.put(key, encoded)
	}
	return encoded
}

func appendResource(dst []byte, r *resource.Resource) []byte {
	return AppendAttributes(dst, r.Attributes())
}
