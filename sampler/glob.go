package sampler

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Tokens of a glob that are no characters.
const (
	one  rune = -1 // ?
	many rune = -2 // *

	// invalid is a byte of a text that is no character: only wildcards match it.
	invalid rune = -6
)

type globShape uint8

const (
	globAny    globShape = iota // *
	globExact                   // no wildcard
	globPrefix                  // text*
	globSuffix                  // *text
	globEnds                    // text*text
	globInside                  // *text*
	globOther
)

// glob is a compiled pattern. The zero glob has no tokens, but matches anything.
type glob struct {
	pattern string   // as written, for messages
	tokens  []rune   // a run of wildcards has its ? first and at most one *, last
	prefix  string   // literal text before the first wildcard
	suffix  string   // literal text after the last wildcard; "" if there is no wildcard
	inside  string   // of a globInside: the text between both *
	members []string // with a wildcard: two strings that it matches
	shape   globShape
}

func compileGlob(pattern string) (glob, error) {
	g := glob{pattern: pattern}
	switch {
	case len(pattern) > maxGlob:
		return g, fmt.Errorf("a glob of %d bytes is too long: use at most %d", len(pattern), maxGlob)
	case !utf8.ValidString(pattern):
		return g, fmt.Errorf("the glob %q is not valid UTF-8", pattern)
	}
	escaped, wildMany := false, false
	flush := func() {
		if wildMany {
			g.tokens, wildMany = append(g.tokens, many), false
		}
	}
	for _, c := range pattern {
		switch {
		case escaped && c != '*' && c != '?' && c != '\\':
			return g, fmt.Errorf(`the glob %q has a \ before %q: it may only stand before *, ? or \`, pattern, c)
		case escaped:
			flush()
			g.tokens, escaped = append(g.tokens, c), false
		case c == '\\':
			escaped = true
		case c == '*':
			wildMany = true
		case c == '?':
			g.tokens = append(g.tokens, one) // before the * that may be pending: the same strings
		default:
			flush()
			g.tokens = append(g.tokens, c)
		}
	}
	if escaped {
		return g, fmt.Errorf(`the glob %q ends in a single \: write \\ for the character itself`, pattern)
	}
	flush()
	g.classify()
	return g, nil
}

func (g *glob) classify() {
	first, last := -1, -1
	for i, t := range g.tokens {
		if t == one || t == many {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		g.prefix, g.shape = string(g.tokens), globExact
		return
	}
	g.prefix, g.suffix = string(g.tokens[:first]), string(g.tokens[last+1:])
	g.members = []string{g.member(""), g.member(unusual)}
	switch {
	case g.tokens[first] != many || g.tokens[last] != many:
		g.shape = globOther
	case first == 0 && last == len(g.tokens)-1 && last > 1 && !slices.ContainsFunc(g.tokens[1:last], wild):
		g.shape, g.inside = globInside, string(g.tokens[1:last])
	case first != last:
		g.shape = globOther
	case len(g.tokens) == 1:
		g.shape = globAny
	case g.suffix == "":
		g.shape = globPrefix
	case g.prefix == "":
		g.shape = globSuffix
	default:
		g.shape = globEnds
	}
}

// longest returns the longest text that each match of g contains.
func (g *glob) longest() (text string) {
	from := 0
	for i := range len(g.tokens) + 1 {
		if i < len(g.tokens) && !wild(g.tokens[i]) {
			continue
		}
		if run := string(g.tokens[from:i]); len(run) > len(text) {
			text = run
		}
		from = i + 1
	}
	return text
}

func wild(t rune) bool { return t == one || t == many }

// unusual is what hardly any glob asks for.
const unusual = "\uE000"

// member returns a string that g matches, with something in place of each *.
func (g *glob) member(something string) string {
	var b strings.Builder
	for _, t := range g.tokens {
		switch t {
		case one:
			b.WriteString(unusual)
		case many:
			b.WriteString(something)
		default:
			b.WriteRune(t)
		}
	}
	return b.String()
}

// match reports whether g matches s, or, if s is longer than maxMatched, what is looked at of it.
func (g *glob) match(s string) bool {
	part, cut := bounded(s)
	switch g.shape {
	case globAny:
		return true
	case globExact:
		return s == g.prefix
	case globPrefix:
		return strings.HasPrefix(part, g.prefix)
	case globSuffix:
		return !cut && strings.HasSuffix(part, g.suffix)
	case globEnds:
		return !cut && (&ends{prefix: g.prefix, suffix: g.suffix}).match(part)
	case globInside:
		return strings.Contains(part, g.inside)
	default:
		return (!cut || g.tokens[len(g.tokens)-1] == many) && strings.HasPrefix(part, g.prefix) && matchTokens(g.tokens, part)
	}
}

// matchTokens walks the pattern once, going back to the last * only: the time is at most
// the product of both lengths, whatever the pattern.
func matchTokens(tokens []rune, s string) bool {
	t, i := 0, 0
	star, resume := -1, 0
	for i < len(s) {
		c, size := utf8.DecodeRuneInString(s[i:])
		if c == utf8.RuneError && size == 1 {
			c = invalid
		}
		switch {
		case t < len(tokens) && tokens[t] == many:
			star, resume = t, i
			t++
		case t < len(tokens) && (tokens[t] == one || tokens[t] == c):
			t, i = t+1, i+size
		case star >= 0:
			_, size = utf8.DecodeRuneInString(s[resume:])
			resume += size
			t, i = star+1, resume
		default:
			return false
		}
	}
	for t < len(tokens) && tokens[t] == many {
		t++
	}
	return t == len(tokens)
}

var errNoValues = errors.New("the list is empty, so that nothing could match: name a value, or leave the condition out")
