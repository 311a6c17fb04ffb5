package greptime

import (
	"fmt"
	"io"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// String returns the destination, without what may be a key.
func (o Options) String() string {
	o.fill()
	return "greptime " + delivery.Place(o.URL)
}

// Format writes what String returns, whatever the verb.
func (o Options) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, o.String()) }

// MarshalText returns what String returns.
func (o Options) MarshalText() ([]byte, error) { return []byte(o.String()), nil }
