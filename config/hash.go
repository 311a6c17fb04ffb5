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
	type ( // without MarshalJSON
		rule   Rule
		sample Sample
		otel   OTel
		plain  Connection
		whole  struct {
			plain
			Sample sample
			Rules  []rule
		}
	)
	connections := make([]*whole, len(c.Connections))
	for i, conn := range c.Connections {
		w := &whole{plain: plain(conn), Sample: sample(conn.Sample)}
		for _, r := range conn.Sample.Rules {
			w.Rules = append(w.Rules, rule(r))
		}
		connections[i] = w
	}
	slices.SortStableFunc(connections, func(a, b *whole) int { return cmp.Compare(a.Name, b.Name) })
	return digest.Of(struct {
		Connections []*whole
		OTel        otel
		Identity    Identity
		Implicit    bool
		Disabled    bool
	}{connections, otel(c.OTel), c.Identity, c.Implicit, c.Disabled})[:16]
}
