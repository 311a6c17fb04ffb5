package delivery

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Cutter divides bodies of one kind between their spans, without decoding these. It is safe for
// concurrent use.
type Cutter interface {
	// Cut returns the spans of a body in bodies of at most limit bytes each. A span that is larger
	// has a body of its own. The body isn't changed, and none of its memory is in the result. Nil
	// means that the body can't be read.
	Cut(body []byte, limit int) []Batch
	// Name returns the name of the first span in a body, "" if it can't be read.
	Name(body []byte) string
}

// leaf is the encoded form of one span, and the messages around it, from the outermost on.
type leaf struct {
	frames []*frame
	span   []byte
}

// frame is a message that has others inside: what else is in it, which each body repeats.
type frame struct{ rest []byte }

// group divides leaves, in their order, into runs whose bodies have at most limit bytes. Overhead
// bounds what a span costs beyond itself, and what a message around it costs beyond its rest.
func group(leaves []leaf, limit, overhead int) [][]leaf {
	var groups [][]leaf
	size, start := 0, 0
	for i := range leaves {
		cost := added(leaves, start, i, overhead)
		if i > start && size+cost > limit {
			groups = append(groups, leaves[start:i])
			start, size = i, 0
			cost = added(leaves, start, i, overhead)
		}
		size += cost
	}
	if start < len(leaves) {
		groups = append(groups, leaves[start:])
	}
	return groups
}

// added is what leaf i adds to a body that begins with leaf start.
func added(leaves []leaf, start, i, overhead int) int {
	cost := len(leaves[i].span) + overhead
	for level, f := range leaves[i].frames {
		if i == start || leaves[i-1].frames[level] != f {
			cost += len(f.rest) + overhead
		}
	}
	return cost
}

// inside calls each with the runs of leaves that share the message at a level.
func inside(leaves []leaf, level int, each func([]leaf)) {
	for start, i := 0, 1; i <= len(leaves); i++ {
		if i == len(leaves) || leaves[i].frames[level] != leaves[start].frames[level] {
			each(leaves[start:i])
			start = i
		}
	}
}

// form is a way to write the messages around spans.
type form interface {
	// leaves appends the spans in a message inside frames; false if it can't be read.
	leaves(dst []leaf, message []byte, frames []*frame) ([]leaf, bool)
	// join appends the message at a level that has these leaves inside.
	join(dst []byte, leaves []leaf, level int) []byte
	spanName(span []byte) string
	// overhead bounds what a span costs beyond itself, and a message beyond its rest.
	overhead() int
}

// cutter is the Cutter of a form.
type cutter struct{ form }

// Cut divides a body.
func (c cutter) Cut(body []byte, limit int) []Batch {
	leaves, ok := c.leaves(nil, body, nil)
	if !ok {
		return nil
	}
	groups := group(leaves, limit, c.overhead())
	batches := make([]Batch, len(groups))
	for i, g := range groups {
		batches[i] = Batch{Body: c.join(nil, g, 0), Spans: len(g)}
	}
	return batches
}

// Name reads the name of the first span.
func (c cutter) Name(body []byte) string {
	leaves, ok := c.leaves(nil, body, nil)
	if !ok || len(leaves) == 0 {
		return ""
	}
	return c.spanName(leaves[0].span)
}

// protobufOverhead is a tag and a length.
const protobufOverhead = 2 * protowireMax

const protowireMax = 5

// protobufForm is a message whose spans are found by one field number at each level.
type protobufForm struct {
	path []protowire.Number
	name func(span []byte) string
}

// ProtobufCutter returns a Cutter of protobuf messages. Path has the number of the field that leads
// from each message to the next one inside, ending at the spans; name reads the name of a span.
func ProtobufCutter(name func(span []byte) string, path ...protowire.Number) Cutter {
	return cutter{protobufForm{path, name}}
}

func (c protobufForm) leaves(dst []leaf, message []byte, frames []*frame) ([]leaf, bool) {
	f := &frame{}
	frames = append(slices.Clip(frames), f)
	number := c.path[len(frames)-1]
	for len(message) > 0 {
		n, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return nil, false
		}
		size := protowire.ConsumeFieldValue(n, kind, message[tag:])
		if size < 0 {
			return nil, false
		}
		field := message[:tag+size]
		message = message[tag+size:]
		if n != number || kind != protowire.BytesType {
			f.rest = append(f.rest, field...)
			continue
		}
		value, _ := protowire.ConsumeBytes(field[tag:])
		if len(frames) == len(c.path) {
			dst = append(dst, leaf{frames, value})
			continue
		}
		var ok bool
		if dst, ok = c.leaves(dst, value, frames); !ok {
			return nil, false
		}
	}
	return dst, true
}

func (c protobufForm) join(dst []byte, leaves []leaf, level int) []byte {
	dst = append(dst, leaves[0].frames[level].rest...)
	if level == len(c.path)-1 {
		for _, l := range leaves {
			dst = protowire.AppendTag(dst, c.path[level], protowire.BytesType)
			dst = protowire.AppendBytes(dst, l.span)
		}
		return dst
	}
	inside(leaves, level+1, func(leaves []leaf) {
		dst = protowire.AppendTag(dst, c.path[level], protowire.BytesType)
		dst = protowire.AppendBytes(dst, c.join(nil, leaves, level+1))
	})
	return dst
}

func (c protobufForm) spanName(span []byte) string { return c.name(span) }
func (protobufForm) overhead() int                 { return protobufOverhead }
