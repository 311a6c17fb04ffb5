package query

import "strings"

// operator is how a value is compared.
type operator uint8

const (
	opUsual operator = iota // : alone
	opEqual
	opContains
	opLess
	opAtMost
	opGreater
	opAtLeast
	opPresent
)

// operator reads what may stand behind the colon.
func (p *parser) operator() operator {
	for _, known := range []struct {
		text string
		op   operator
	}{{">=", opAtLeast}, {"<=", opAtMost}, {">", opGreater}, {"<", opLess}, {"=", opEqual}, {"~", opContains}} {
		if strings.HasPrefix(p.text[p.at:], known.text) {
			p.at += len(known.text)
			return known.op
		}
	}
	return opUsual
}

// key reads what stands before a colon, or behind an @. If there is none, it reads nothing.
func (p *parser) key() (string, bool) {
	rest := p.text[p.at:]
	if rest[0] == '@' {
		if strings.HasPrefix(rest, `@"`) { // a key with colons or spaces
			p.at++
			return "@" + p.quoted(true).raw, true
		}
		end := p.end(rest, true)
		p.at += end
		return rest[:end], true
	}
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == ':' && i > 0:
			p.at += i
			return rest[:i], true
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
		default:
			return "", false
		}
	}
	return "", false
}

// end returns where the word at the start of s ends: at a space, at a parenthesis that nothing in
// the word has opened, and if it is a key at the colon.
func (*parser) end(s string, key bool) int {
	open := 0
	for i := range len(s) {
		switch c := s[i]; {
		case isSpace(c), key && c == ':':
			return i
		case c == '(':
			open++
		case c == ')':
			if open--; open < 0 {
				return i
			}
		}
	}
	return len(s)
}

// value is what is compared with.
type value struct {
	raw   string // without quotes and backslashes
	parts []string
	// quoted values have no star.
	quoted bool
}

// value reads a word or a text in quotes. In both a backslash takes the next character as it is.
func (p *parser) value() value {
	rest := p.text[p.at:]
	if rest[0] == '"' {
		return p.quoted(false)
	}
	v := value{}
	word := rest[:p.end(rest, false)]
	p.at += len(word)
	var all, part strings.Builder
	for i := 0; i < len(word); i++ {
		c := word[i]
		if c == '*' {
			v.parts = append(v.parts, part.String())
			part.Reset()
			all.WriteByte(c)
			continue
		}
		if c == '\\' && i+1 < len(word) && (word[i+1] == '*' || word[i+1] == '\\' || word[i+1] == '"') {
			i++
			c = word[i]
		}
		all.WriteByte(c)
		part.WriteByte(c)
	}
	v.raw, v.parts = all.String(), append(v.parts, part.String())
	return v
}

// quoted reads a text in quotes, behind which a colon may stand if it is a key.
func (p *parser) quoted(key bool) value {
	from := p.at
	var all strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; c {
		case '"':
			p.at++
			if p.at < len(p.text) && !isSpace(p.text[p.at]) && p.text[p.at] != ')' && (!key || p.text[p.at] != ':') {
				p.fail(p.at, p.end(p.text[p.at:], false), "a space is missing before it")
				return value{}
			}
			return value{raw: all.String(), parts: []string{all.String()}, quoted: true}
		case '\\':
			if p.at+1 < len(p.text) && (p.text[p.at+1] == '"' || p.text[p.at+1] == '\\') {
				p.at++
			}
			all.WriteByte(p.text[p.at])
		default:
			all.WriteByte(c)
		}
	}
	p.fail(from, 1, "this quote is not closed")
	return value{}
}
