package bridge

import (
	"fmt"
	"io"
)

// String returns how many connections there are.
func (b *Bridge) String() string {
	if b == nil {
		return "no bridge"
	}
	return "bridge with a " + b.fanout.String()
}

// Format writes what String returns, whatever the verb: what is inside may hold credentials.
func (b *Bridge) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, b.String()) }
