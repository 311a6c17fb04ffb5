package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/tracehook/tracehook/internal/clip"
)

// Error says what is wrong with a query, and where.
type Error struct {
	// Query is the whole query; what is wrong begins at byte At and is Length bytes long, 0 at
	// its end.
	Query      string
	At, Length int
	// Problem is what is wrong and what to do.
	Problem string
}

// Error returns the problem, and what it is about.
func (e *Error) Error() string {
	what := e.Query[e.At : e.At+e.Length]
	if what == "" {
		return "query: " + e.Problem
	}
	return fmt.Sprintf("query: at %s: %s", quoted(what), e.Problem)
}

// quoted is a text for a sentence, cut to a bearable length.
func quoted(s string) string { return fmt.Sprintf("%q", cut(s)) }

func cut(s string) string {
	head := clip.Head(s, 60)
	if len(head) < len(s) {
		head += "..."
	}
	return head
}

// Caret returns two lines: the query, or what is around the place if it is long, and a caret under
// each cell of the place. What a terminal would obey is shown as a dot.
func (e *Error) Caret() string {
	const before, after = 60, 40
	from, to := e.At, min(e.At+max(e.Length, 1), len(e.Query))
	from, to = max(0, from-before), min(len(e.Query), to+after)
	for from > 0 && !utf8.RuneStart(e.Query[from]) {
		from--
	}
	for to < len(e.Query) && !utf8.RuneStart(e.Query[to]) {
		to++
	}
	var line, carets strings.Builder
	if from > 0 {
		line.WriteString("...")
		carets.WriteString("   ")
	}
	for i, r := range e.Query[from:to] {
		if !unicode.IsPrint(r) {
			r = '·'
		}
		mark := " "
		if at := from + i; at >= e.At && at < e.At+e.Length {
			mark = "^"
		}
		line.WriteRune(r)
		carets.WriteString(strings.Repeat(mark, runewidth.RuneWidth(r)))
	}
	if e.Length == 0 {
		carets.WriteByte('^')
	}
	if to < len(e.Query) {
		line.WriteString("...")
	}
	return line.String() + "\n" + strings.TrimRight(carets.String(), " ")
}
