package processor

import (
	"fmt"
	"io"
)

// String returns how many connections there are.
func (f *Fanout) String() string {
	if conns := f.conns.Load(); conns != nil {
		return fmt.Sprintf("fanout to %d connections", len(conns.members))
	}
	return "fanout to nothing"
}

// Format writes what String returns, whatever the verb: what is inside may hold credentials.
func (f *Fanout) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }
