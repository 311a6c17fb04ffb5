package setting

import (
	"fmt"
	"io"
)

// String returns the name of the file.
func (s *Source) String() string {
	if s == nil || s.file == "" {
		return "source"
	}
	return "source " + s.file
}

// Format writes what String returns, whatever the verb: the values that came from variables may be
// secrets.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// Format writes where the table stands, whatever the verb: a value may be a secret.
func (t *Table) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "table "+t.path) }

// Format writes what String returns, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
