package redact

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// isSQL reports whether an attribute holds the text of a statement.
func isSQL(key string) bool { return key == "db.query.text" || key == "db.statement" }

// quotes says what double quotes stand around in a statement.
type quotes uint8

const (
	unknownQuotes quotes = iota
	quotedTexts          // "x" is a text, as in MySQL
	quotedNames          // "x" is a name, as in standard SQL
)

// quotesOf returns what the system that the attributes name does. Texts are the safe guess.
func quotesOf(attrs []attribute.KeyValue) quotes {
	for i := range attrs {
		if key := attrs[i].Key; key == "db.system.name" || key == "db.system" {
			switch strings.ToLower(attrs[i].Value.AsString()) {
			case "postgresql", "cockroachdb", "redshift", "oracle", "oracle.db", "mssql", "microsoft.sql_server", "ibm.db2", "db2", "snowflake", "trino":
				return quotedNames
			}
		}
	}
	return quotedTexts
}

// literals returns a statement with a question mark in place of each literal and comment. What
// isn't closed is masked up to the end.
func (r *Redactor) literals(s string, quotes quotes) string {
	p := replacer{from: s}
	found := false
	for i := 0; i < len(s); {
		start := i
		switch c := s[i]; {
		case c == '\'', c == '"' && quotes != quotedNames:
			i = endOfQuoted(s, i)
		case c == '"', c == '`', c == '[':
			i = endOfName(s, i)
			continue
		case c == '$':
			if i = endOfDollar(s, i); i == start {
				i = endOfWord(s, i+1)
				continue
			}
		case strings.HasPrefix(s[i:], "--"), c == '#':
			i = endOf(s, i, "\n")
		case strings.HasPrefix(s[i:], "/*"):
			i = endOf(s, i+2, "*/")
		case isDigit(c), c == '.' && i+1 < len(s) && isDigit(s[i+1]):
			i = endOfNumber(s, i)
		case isWord(c), c == ':', c == '@':
			i = endOfWord(s, i+1)
			continue
		default:
			i++
			continue
		}
		if s[start] == '#' || s[start] == '-' || s[start] == '/' {
			found = p.replace(start, i, "") || found
			continue
		}
		found = p.replace(start, i, "?") || found
	}
	if found {
		r.counts.sql.Add(1)
	}
	return p.text()
}

func isWord(c byte) bool {
	return 'a' <= lower(c) && lower(c) <= 'z' || c == '_' || c >= 0x80
}

func endOfWord(s string, i int) int {
	for i < len(s) && (isWord(s[i]) || isDigit(s[i]) || s[i] == '$') {
		i++
	}
	return i
}

// endOfNumber returns the end of a number, also of 0xff and 1.5e-3.
func endOfNumber(s string, i int) int {
	for i < len(s) && (isDigit(s[i]) || isWord(s[i]) || s[i] == '.' ||
		(s[i] == '+' || s[i] == '-') && lower(s[i-1]) == 'e') {
		i++
	}
	return i
}

// endOfQuoted returns the end of a text. Its quote is doubled or has a backslash before it inside.
func endOfQuoted(s string, i int) int {
	quote := s[i]
	for i++; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] != quote:
		case i+1 < len(s) && s[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(s)
}

// endOfName returns the end of a quoted name.
func endOfName(s string, i int) int {
	end := map[byte]byte{'"': '"', '`': '`', '[': ']'}[s[i]]
	if j := strings.IndexByte(s[i+1:], end); j >= 0 {
		return i + j + 2
	}
	return len(s)
}

// endOfDollar returns the end of a text of PostgreSQL such as $$x$$ or $tag$x$tag$, or i if there is
// none, as in $1.
func endOfDollar(s string, i int) int {
	j := strings.IndexByte(s[i+1:], '$')
	if j < 0 || strings.ContainsFunc(s[i+1:i+1+j], func(c rune) bool { return c > 0x7f || !isWord(byte(c)) && !isDigit(byte(c)) }) {
		return i
	}
	tag := s[i : i+j+2]
	if len(tag) > 2 && isDigit(tag[1]) {
		return i
	}
	return endOf(s, i+len(tag), tag)
}

// endOf returns the end of the next mark at or behind i, or of s.
func endOf(s string, i int, mark string) int {
	if j := strings.Index(s[i:], mark); j >= 0 {
		return i + j + len(mark)
	}
	return len(s)
}
