package sampler

import (
	"strings"
	"unicode/utf8"
)

// maxMatched is how many bytes of a name or a value are looked at. Remote callers choose some of them, and
// matching takes the time of the goroutine that starts or ends the span.
const maxMatched = 1024

// bounded returns the part of s that is matched, and whether that is less than s.
func bounded(s string) (part string, cut bool) {
	if len(s) <= maxMatched {
		return s, false
	}
	end := maxMatched
	for end > maxMatched-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end], true
}

// patterns finds those of many globs that match a text, in time that depends on the text: one
// walk from its front, one from its end, one pass for all globs of the form *literal*, and
// one pass for all others. Each glob stands for a rule; several may stand for the same one.
type patterns struct {
	words  int
	any    bits  // rules of globs that match anything; nil if there are none
	front  *tree // literal*, and literal alone
	back   *tree // *literal
	ends   []ends
	inside *literals // *literal*
	rest   *wildcards
	// needed are the longest literals of the globs in rest: where none occurs, none of the globs
	// matches. It is nil if one of them has no literal.
	needed *literals
}

// ends is a glob of the form literal*literal.
type ends struct {
	prefix, suffix string
	rule           int
}

func newPatterns(words int) *patterns { return &patterns{words: words} }

// add adds a glob that stands for rule.
func (p *patterns) add(g *glob, rule int) {
	switch g.shape {
	case globAny:
		p.any = p.with(p.any, rule)
	case globExact:
		n := grow(&p.front).insert(g.prefix)
		n.whole = p.with(n.whole, rule)
	case globPrefix:
		n := grow(&p.front).insert(g.prefix)
		n.open = p.with(n.open, rule)
	case globSuffix:
		n := grow(&p.back).insert(backwards(g.suffix))
		n.open = p.with(n.open, rule)
	case globEnds:
		p.ends = append(p.ends, ends{g.prefix, g.suffix, rule})
	case globInside:
		if p.inside == nil {
			p.inside = &literals{}
		}
		p.inside.add(g.inside, rule)
	case globOther:
		literal := g.longest()
		switch {
		case p.rest == nil:
			p.rest, p.needed = &wildcards{}, &literals{}
			fallthrough
		case p.needed != nil && literal != "":
			p.needed.add(literal, rule)
		}
		if literal == "" {
			p.needed = nil
		}
		p.rest.add(g.tokens, rule)
	}
}

func (p *patterns) with(b bits, rule int) bits {
	if b == nil {
		b = make(bits, p.words)
	}
	b.set(rule)
	return b
}

func grow(t **tree) *tree {
	if *t == nil {
		*t = &tree{}
	}
	return *t
}

// compile must be called after the last add.
func (p *patterns) compile() {
	if p.inside != nil {
		p.inside.compile(p.words)
	}
	if p.rest != nil {
		p.rest.compile()
	}
	if p.needed != nil {
		p.needed.compile(p.words)
	}
}

// match adds to found the rules of all globs that match text. Of one that is longer than
// maxMatched, only the beginning is looked at, and globs that ask for its end don't match.
func (p *patterns) match(text string, found bits) {
	found.add(p.any)
	part, cut := bounded(text)
	if p.front != nil {
		p.front.collect(part, !cut, found)
	}
	if p.inside != nil {
		p.inside.match(part, found)
	}
	if p.rest != nil && (p.needed == nil || p.needed.any(part)) {
		p.rest.match(part, cut, found)
	}
	if cut {
		return
	}
	if p.back != nil {
		p.back.collectBack(part, found)
	}
	for i := range p.ends {
		if p.ends[i].match(part) {
			found.set(p.ends[i].rule)
		}
	}
}

func (e *ends) match(s string) bool {
	return len(s) >= len(e.prefix)+len(e.suffix) && strings.HasPrefix(s, e.prefix) && strings.HasSuffix(s, e.suffix)
}
