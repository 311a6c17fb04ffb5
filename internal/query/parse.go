package query

import (
	"fmt"
	"strings"

	"github.com/tracehook/tracehook/internal/nearest"
)

const (
	// MaxLength is how many bytes a query may have.
	MaxLength = 4096
	// MaxTerms is how many terms it may have.
	MaxTerms = 64
	// maxDepth is how many parentheses may be open.
	maxDepth = 16
)

// Query is a compiled query. It never changes. The zero Query matches every span.
type Query struct {
	text string
	root node
}

// String returns the query as it was written.
func (q *Query) String() string { return q.text }

// Parse compiles a query. An empty one, or one of spaces, matches every span. The error is an
// [*Error].
func Parse(text string) (*Query, error) {
	p := parser{text: text}
	if len(text) > MaxLength {
		return nil, &Error{
			Query: text, At: MaxLength, Length: len(text) - MaxLength,
			Problem: fmt.Sprintf("a query has at most %d bytes", MaxLength),
		}
	}
	if p.space(); p.at == len(p.text) {
		return &Query{text: text}, nil
	}
	root := p.or(0)
	if p.err == nil && p.at < len(p.text) { // only a parenthesis ends a query before its end
		p.fail(p.at, 1, "nothing was opened that this closes; put it in quotes to look for it")
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Query{text: text, root: root}, nil
}

// parser reads a query from left to right. After the first error it stands at the end.
type parser struct {
	text  string
	at    int
	terms int
	err   *Error
}

func (p *parser) fail(at, length int, format string, args ...any) node {
	if p.err == nil {
		p.err = &Error{Query: p.text, At: at, Length: length, Problem: fmt.Sprintf(format, args...)}
	}
	p.at = len(p.text)
	return nil
}

func (p *parser) space() {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// word says whether the next word is this one, and steps over it.
func (p *parser) word(w string) bool {
	rest, ok := strings.CutPrefix(p.text[p.at:], w)
	if !ok || rest != "" && !isSpace(rest[0]) && rest[0] != '(' && rest[0] != ')' {
		return false
	}
	p.at += len(w)
	p.space()
	return true
}

// or reads terms up to a parenthesis that closes, or the end.
func (p *parser) or(depth int) node {
	var either []node
	for {
		either = append(either, p.and(depth))
		if p.err != nil || !p.word("OR") {
			break
		}
	}
	if len(either) == 1 {
		return either[0]
	}
	return orNode(either)
}

func (p *parser) and(depth int) node {
	var all []node
	for p.err == nil {
		p.space()
		at := p.at
		switch {
		case p.at == len(p.text), p.text[p.at] == ')', p.peek("OR"):
			if len(all) == 0 {
				return p.missing()
			}
			if len(all) == 1 {
				return all[0]
			}
			return andNode(all)
		case p.word("AND"):
			if len(all) == 0 {
				return p.fail(at, len("AND"), "a term is missing before AND; put it in quotes to look for the word")
			}
			if p.at == len(p.text) || p.text[p.at] == ')' || p.peek("OR") || p.peek("AND") {
				return p.missing()
			}
		}
		all = append(all, p.not(depth))
	}
	return nil
}

func (p *parser) peek(w string) bool {
	at := p.at
	ok := p.word(w)
	p.at = at
	return ok
}

func (p *parser) missing() node {
	length := 0
	if p.at < len(p.text) {
		length = 1
		if p.text[p.at] != ')' {
			length = len("OR")
		}
	}
	return p.fail(p.at, length, "a term is missing here")
}

func (p *parser) not(depth int) node {
	at := p.at
	switch {
	case p.text[p.at] == '-':
		p.at++
	case p.word("NOT"):
	default:
		return p.single(depth)
	}
	if p.at == len(p.text) || isSpace(p.text[p.at]) || p.text[p.at] == '-' || p.text[p.at] == ')' ||
		p.peek("NOT") || p.peek("AND") || p.peek("OR") {
		return p.fail(at, max(1, len(strings.TrimRight(p.text[at:p.at], " \t\r\n"))),
			"it turns around the term behind it, and there is none; put it in quotes to look for it")
	}
	n := p.single(depth)
	return notNode{n}
}

// single reads a group or a term.
func (p *parser) single(depth int) node {
	if p.text[p.at] != '(' {
		return p.term()
	}
	at := p.at
	if depth == maxDepth {
		return p.fail(at, 1, "more than %d parentheses are open", maxDepth)
	}
	p.at++
	n := p.or(depth + 1)
	if p.err != nil {
		return nil
	}
	if p.at == len(p.text) {
		return p.fail(at, 1, "this parenthesis is not closed")
	}
	p.at++ // what else than ")" ends a group
	return n
}

// term reads a term.
func (p *parser) term() node {
	at := p.at
	if p.terms++; p.terms > MaxTerms {
		return p.fail(at, len(p.text)-at, "a query has at most %d terms", MaxTerms)
	}
	c := comparison{field: anywhere}
	switch key, ok := p.key(); {
	case p.err != nil:
		return nil
	case ok && key == "@":
		return p.fail(at, 1, `the key of an attribute is missing, as in @http.route:/login`)
	case ok && key[0] == '@':
		c.field, c.key = attribute, newKey(key[1:])
		if p.at == len(p.text) || p.text[p.at] != ':' {
			c.op = opPresent
			return &c
		}
	case ok:
		named, known := fieldOf(key)
		if !known {
			return p.unknown(at, key)
		}
		c.field = named
	default:
		c.value = p.value()
		return p.compile(&c, at, at)
	}
	p.at++ // the colon
	c.op = p.operator()
	valueAt := p.at
	if p.at == len(p.text) || isSpace(p.text[p.at]) || p.text[p.at] == ')' {
		return p.fail(at, p.at-at, `a value is missing behind it; "" is the empty text`)
	}
	c.value = p.value()
	return p.compile(&c, at, valueAt)
}

// unknown says what to do about a word before a colon that is no field.
func (p *parser) unknown(at int, key string) node {
	if hint := nearest.Hint(key, fields()); hint != "" {
		return p.fail(at, len(key), "there is no field of this name%s", hint)
	}
	return p.fail(at, len(key), `there is no field of this name, there are %s; an attribute is written @%s:value, and a text with a colon in quotes`,
		strings.Join(fields(), ", "), cut(key))
}

// All says that q matches every span.
func (q *Query) All() bool { return q.root == nil }
