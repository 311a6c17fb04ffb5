package otlp

import (
	"fmt"
	"io"
)

// String returns the destination, without what may be a key.
func (o Options) String() string { return "otlp " + o.origin() }

// Format writes what String returns, whatever the verb.
func (o Options) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, o.String()) }

// MarshalText returns what String returns.
func (o Options) MarshalText() ([]byte, error) { return []byte(o.String()), nil }
