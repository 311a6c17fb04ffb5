package redact

import (
	"fmt"
	"io"
)

// String returns how many globs and patterns there are. It doesn't show the hash key.
func (o Options) String() string {
	return fmt.Sprintf("redact options: %d globs to drop, %d to mask, %d to hash, %d of queries, %d patterns",
		len(o.Drop), len(o.Mask), len(o.Hash), len(o.Query), len(o.Patterns))
}

// Format writes what String returns, whatever the verb.
func (o Options) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, o.String()) }

// MarshalText returns what String returns.
func (o Options) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// String returns how many rules and patterns there are.
func (r *Redactor) String() string {
	if r == nil {
		return "redactor of nothing"
	}
	return fmt.Sprintf("redactor with %d rules for keys and %d patterns", len(r.keys), len(r.patterns))
}

// Format writes what String returns, whatever the verb.
func (r *Redactor) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, r.String()) }
