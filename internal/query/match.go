package query

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"time"
)

// Matcher asks one query. It is for one goroutine at a time.
type Matcher struct {
	query  *Query
	folded []byte
	text   []byte
}

// Matcher returns a Matcher of q.
func (q *Query) Matcher() *Matcher { return &Matcher{query: q} }

// Match says whether s matches. It changes nothing in s.
func (m *Matcher) Match(s *Span) bool {
	return m.query.root == nil || m.query.root.match(m, s)
}

type node interface {
	match(m *Matcher, s *Span) bool
}

type (
	andNode []node
	orNode  []node
	notNode struct{ node }
)

func (n andNode) match(m *Matcher, s *Span) bool {
	for _, each := range n {
		if !each.match(m, s) {
			return false
		}
	}
	return true
}

func (n orNode) match(m *Matcher, s *Span) bool {
	for _, each := range n {
		if each.match(m, s) {
			return true
		}
	}
	return false
}

func (n notNode) match(m *Matcher, s *Span) bool { return !n.node.match(m, s) }

// comparison is one term.
type comparison struct {
	key     key // of an attribute
	value   value
	folded  []byte // the value
	pattern pattern
	number  number
	limits  [2]int64 // of a duration or time
	field   field
	op      operator
	numeric bool // the value is a number
	ranged  bool // from limits[0] to limits[1]
}

func (c *comparison) match(m *Matcher, s *Span) bool {
	switch c.field {
	case anywhere:
		return c.free(m, s)
	case attribute:
		return c.attribute(m, s)
	case fieldEvent:
		for i := range s.Leaves {
			if l := &s.Leaves[i]; l.In == EventName && c.matches(m, l.Value.text, false) {
				return true
			}
		}
		return false
	case fieldIs:
		return !s.Parent.IsValid()
	case fieldTrace:
		return c.id(s.TraceID[:])
	case fieldSpan:
		return c.id(s.ID[:])
	case fieldParent:
		return s.Parent.IsValid() && c.id(s.Parent[:])
	case fieldDuration:
		return c.ordered(int64(s.Duration()))
	case fieldStart:
		return c.at(s.Start)
	case fieldEnd:
		return c.at(s.End)
	case fieldStatus:
		if c.failed() {
			return s.Status != "" && s.Status != "ok"
		}
	default:
	}
	return c.matches(m, c.field.text(s), c.field == fieldName || c.field == fieldMessage)
}

// shortestID is how many digits of an id free text has to have. Fewer are found by chance.
const shortestID = 8

// free looks for the text wherever people would read it.
func (c *comparison) free(m *Matcher, s *Span) bool {
	for _, text := range [...]string{s.Name, s.Service, s.Target, s.Message} {
		if c.matches(m, text, true) {
			return true
		}
	}
	if s.Status != "ok" && c.matches(m, s.Status, true) {
		return true
	}
	if len(c.folded) >= shortestID && (c.id(s.TraceID[:]) || c.id(s.ID[:])) {
		return true
	}
	for i := range s.Leaves {
		l := &s.Leaves[i]
		switch {
		case l.In == InResource, l.Value.kind == isNothing:
		case l.Value.kind == isText:
			if c.matches(m, l.Value.text, true) {
				return true
			}
		default:
			m.text = l.Value.appendText(m.text[:0])
			if c.bytesMatch(m.text, true) {
				return true
			}
		}
	}
	return false
}

// matches compares a text. Contains says what a colon alone means for a value without a star.
func (c *comparison) matches(m *Matcher, text string, contains bool) bool {
	switch {
	case c.pattern.star():
		m.folded = appendFolded(m.folded[:0], text)
		return c.pattern.match(m.folded)
	case c.inside(contains):
		return m.foldedHas(text, c.folded)
	}
	return m.foldedIs(text, c.folded)
}

// bytesMatch is matches for a text that is folded.
func (c *comparison) bytesMatch(text []byte, contains bool) bool {
	if !c.pattern.star() && c.inside(contains) {
		return bytes.Contains(text, c.folded)
	}
	return c.pattern.match(text)
}

// inside says that a value without a star may stand within the text.
func (c *comparison) inside(contains bool) bool {
	return c.op == opContains || c.op == opUsual && contains
}

// id says whether an id begins with the value.
func (c *comparison) id(id []byte) bool {
	var digits [32]byte
	n := hex.Encode(digits[:], id)
	if c.op == opEqual {
		return string(c.folded) == string(digits[:n])
	}
	return bytes.HasPrefix(digits[:n], c.folded)
}

// ordered compares nanoseconds.
func (c *comparison) ordered(n int64) bool {
	if c.ranged {
		return c.limits[0] <= n && n <= c.limits[1]
	}
	return c.op.holds(cmp.Compare(n, c.limits[0]))
}

// at compares a time; one that isn't known is neither before nor after anything.
func (c *comparison) at(t time.Time) bool { return !t.IsZero() && c.ordered(t.UnixNano()) }

// holds says whether an order of -1, 0 or 1 is what an operator asks for.
func (op operator) holds(order int) bool {
	switch op {
	case opLess:
		return order < 0
	case opAtMost:
		return order <= 0
	case opGreater:
		return order > 0
	case opAtLeast:
		return order >= 0
	default:
		return order == 0
	}
}
