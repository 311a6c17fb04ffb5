package config

import (
	"cmp"
	"slices"

	"github.com/tracehook/tracehook/internal/digest"
)

// Hash returns 16 hexadecimal digits that tell two configurations apart. It is the same
// however the file is laid out, whatever its format, and in whatever order its tables and
// keys stand, as long as the order means nothing: that of rules and fields does. Secrets go
// into it, but can't be read from it.
func (c Config) Hash() string {
	type plain Connection // without MarshalJSON
	connections := make([]plain, len(c.Connections))
	for i, conn := range c.Connections {
		connections[i] = plain(conn)
	}
	slices.SortStableFunc(connections, func(a, b plain) int { return cmp.Compare(a.Name, b.Name) })
	return digest.Of(struct {
		Connections []plain
		OTel        OTel
		Identity    Identity
		Implicit    bool
		Disabled    bool
	}{connections, c.OTel, c.Identity, c.Implicit, c.Disabled})[:16]
}
