package redact

import "sync/atomic"

// counts are how often each rule has found something.
type counts struct {
	userInfo, query, drop, mask, hash, sql, call atomic.Int64
	patterns                                     []counter
}

type counter struct {
	name string
	n    atomic.Int64
}

func newCounts(patterns []pattern) *counts {
	c := &counts{patterns: make([]counter, len(patterns))}
	for i, p := range patterns {
		c.patterns[i].name = p.name
	}
	return c
}

func (c *counts) pattern(name string) {
	for i := range c.patterns {
		if c.patterns[i].name == name {
			c.patterns[i].n.Add(1)
			return
		}
	}
}

// Counts returns how many values each rule has redacted since New: "userinfo", "query", "drop",
// "mask", "hash", "sql", "func", and "pattern:" with the pattern. Rules that found nothing are left
// out; the map is the caller's. A nil Redactor has none.
func (r *Redactor) Counts() map[string]int64 {
	all := make(map[string]int64)
	if r == nil {
		return all
	}
	put := func(name string, n *atomic.Int64) {
		if v := n.Load(); v > 0 {
			all[name] = v
		}
	}
	c := r.counts
	put("userinfo", &c.userInfo)
	put("query", &c.query)
	put("drop", &c.drop)
	put("mask", &c.mask)
	put("hash", &c.hash)
	put("sql", &c.sql)
	put("func", &c.call)
	for i := range c.patterns {
		put("pattern:"+c.patterns[i].name, &c.patterns[i].n)
	}
	return all
}
