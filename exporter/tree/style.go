package tree

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

const (
	// DefaultWidth is the width of a line, in cells, where there is no terminal to ask.
	DefaultWidth = 120
	narrowest    = 40
	widest       = 1000
)

// Style says how trees look. The zero Style has no color and lines of 120 cells. It is
// safe for concurrent use.
type Style struct {
	// Color writes terminal colors: errors in red.
	Color bool
	// Width is the longest line in cells, from 40 to 1000; values outside become the nearest
	// bound, 0 becomes [DefaultWidth]. Below 90 the bar is shorter; below 60 there is none, and
	// attributes are below their span.
	Width int
	// Full draws each span. Otherwise siblings in a row that are equal, with all that is below
	// them, but for ids, times and attributes, are folded from four on: the first is drawn, and
	// a line stands for the others.
	Full bool
	// Masked leaves out what differs from run to run: ids, and everything about time but the order
	// of siblings. It is for texts that are compared, and so values of attributes
	// may be longer.
	Masked bool
	// Location is the time zone of the trace's start; nil is the local one.
	Location *time.Location
}

func (s *Style) width() int {
	if s.Width == 0 {
		return DefaultWidth
	}
	return min(max(s.Width, narrowest), widest)
}

type color string

const (
	red   color = "\x1b[31m"
	bold  color = "\x1b[1m"
	dim   color = "\x1b[2m"
	cyan  color = "\x1b[36m"
	reset color = "\x1b[0m"
)

// paint appends text in a color.
func (s *Style) paint(dst []byte, c color, text string) []byte {
	if !s.Color || c == "" || text == "" {
		return append(dst, text...)
	}
	dst = append(dst, c...)
	dst = append(dst, text...)
	return append(dst, reset...)
}

// cells returns how many cells a terminal needs for text. East Asian ambiguous characters
// are narrow, as in nearly all terminals.
func cells(text string) int {
	for i := range len(text) {
		if text[i] >= 0x80 {
			condition := runewidth.Condition{StrictEmojiNeutral: true}
			return condition.StringWidth(text)
		}
	}
	return len(text)
}

// cut shortens text to that many cells, with an ellipsis if anything is missing.
func cut(text string, width int) string {
	if width < 1 {
		return ""
	}
	if cells(text) <= width {
		return text
	}
	condition := runewidth.Condition{StrictEmojiNeutral: true}
	return condition.Truncate(text, width, "…")
}

// breakLine divides text where the first part has at most that many cells, after a blank if
// there is one in its second half.
func breakLine(text string, width int) (first, rest string) {
	condition := runewidth.Condition{StrictEmojiNeutral: true}
	first = condition.Truncate(text, width, "")
	if first == "" { // not even one character
		_, size := utf8.DecodeRuneInString(text)
		return text[:size], text[size:]
	}
	if at := strings.LastIndexByte(first, ' '); at > len(first)/2 {
		return first[:at], text[at+1:]
	}
	return first, text[len(first):]
}

func blanks(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, ' ')
	}
	return dst
}
