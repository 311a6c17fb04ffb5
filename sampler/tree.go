package sampler

import "strings"

// tree finds the rules whose literal text a name begins with, in one walk along the name.
// Each edge carries as many bytes as it can, so that 256 rules cost hardly more steps than
// one. For suffixes the texts go in backwards and names are walked from their end.
type tree struct {
	label string
	first string // the first byte of each child's label
	kids  []*tree
	open  bits // rules that match once the walk has come here
	whole bits // rules that match if the name ends here
}

// bits is a set of rules by index; nil is empty.
type bits []uint64

func (b bits) set(i int) { b[i/64] |= 1 << (i % 64) }

func (b bits) add(o bits) {
	for i, w := range o {
		b[i] |= w
	}
}

// keep drops what isn't in o.
func (b bits) keep(o bits) {
	for i := range b {
		b[i] &= o[i]
	}
}

// meets reports whether b and o have anything in common.
func (b bits) meets(o bits) bool {
	for i, w := range b {
		if w&o[i] != 0 {
			return true
		}
	}
	return false
}

func (b bits) none() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

// insert returns the node of text below t.
func (t *tree) insert(text string) *tree {
	if text == "" {
		return t
	}
	at := strings.IndexByte(t.first, text[0])
	if at < 0 {
		kid := &tree{label: text}
		t.first += text[:1]
		t.kids = append(t.kids, kid)
		return kid
	}
	kid := t.kids[at]
	same := 0
	for same < len(kid.label) && same < len(text) && kid.label[same] == text[same] {
		same++
	}
	if same < len(kid.label) { // split the edge
		lower := *kid
		lower.label = kid.label[same:]
		*kid = tree{label: kid.label[:same], first: lower.label[:1], kids: []*tree{&lower}}
	}
	return kid.insert(text[same:])
}

// collect adds to found the rules whose text name begins with, and, if name is whole, those whose
// text it is.
func (t *tree) collect(name string, whole bool, found bits) {
	for {
		found.add(t.open)
		if name == "" {
			if whole {
				found.add(t.whole)
			}
			return
		}
		at := strings.IndexByte(t.first, name[0])
		if at < 0 || !strings.HasPrefix(name, t.kids[at].label) {
			return
		}
		t = t.kids[at]
		name = name[len(t.label):]
	}
}

// collectBack adds to found the rules whose text, inserted backwards, name ends in.
func (t *tree) collectBack(name string, found bits) {
	for {
		found.add(t.open)
		if name == "" {
			return
		}
		at := strings.IndexByte(t.first, name[len(name)-1])
		if at < 0 {
			return
		}
		t = t.kids[at]
		if len(t.label) > len(name) {
			return
		}
		for i := 0; i < len(t.label); i++ {
			if name[len(name)-1-i] != t.label[i] {
				return
			}
		}
		name = name[:len(name)-len(t.label)]
	}
}

func backwards(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
