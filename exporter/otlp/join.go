package otlp

import (
	"go.opentelemetry.io/otel/sdk/resource"
	"google.golang.org/protobuf/encoding/protowire"
)

// member is the spans of one group in a request.
type member struct {
	group  *group
	bodies [][]byte
	size   int // of the ScopeSpans message
}

// join puts a request together: one ResourceSpans for each resource, in it one ScopeSpans
// for each scope, in it the spans in their order.
func join(pieces []*piece) []byte {
	var members []*member
	var last *member
	for _, p := range pieces {
		if last == nil || last.group != p.group {
			last = find(&members, p.group)
		}
		last.bodies = append(last.bodies, p.body)
		last.size += len(p.body)
	}
	total := 0
	var resources []*resource.Resource
	sizes := map[*resource.Resource]int{}
	for _, m := range members {
		r := m.group.resource
		if _, known := sizes[r]; !known {
			resources = append(resources, r)
			sizes[r] = len(m.group.head) + len(m.group.tail)
		}
		sizes[r] += field(m.size)
	}
	for _, size := range sizes {
		total += field(size)
	}
	b := make([]byte, 0, total)
	for _, r := range resources {
		b = appendHead(b, 1, sizes[r])
		first := true
		var tail []byte
		for _, m := range members {
			if m.group.resource != r {
				continue
			}
			if first {
				b = append(b, m.group.head...)
				tail, first = m.group.tail, false
			}
			b = appendHead(b, 2, m.size)
			b = append(b, m.group.scope...)
			for _, body := range m.bodies {
				b = append(b, body...)
			}
			b = append(b, m.group.schema...)
		}
		b = append(b, tail...)
	}
	return b
}

func find(members *[]*member, g *group) *member {
	for _, m := range *members {
		if m.group == g {
			return m
		}
	}
	m := &member{group: g, size: len(g.scope) + len(g.schema)}
	*members = append(*members, m)
	return m
}

// field returns the size of a message of so many bytes as a field with a small number.
func field(size int) int { return 1 + protowire.SizeBytes(size) }

func appendHead(b []byte, number protowire.Number, size int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.BytesType), uint64(size)) //nolint:gosec // a size
}
