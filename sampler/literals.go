package sampler

import (
	"slices"
	"strings"
)

// literals finds which of many texts occur in another one, in one pass: the automaton of Aho and
// Corasick, with one row of next states for each state.
type literals struct {
	texts   []string
	rules   []int
	columns [256]uint8 // of each byte; 0 is for all that occur in no text
	width   int
	next    []int32 // by state and column: the first cell of the next state, or its complement if a text ends there
	out     []bits  // by state: the rules of all texts that end here
	words   int
}

// maxCells bounds the memory of an automaton (8 MiB). Beyond, texts are searched one by one.
const maxCells = 1 << 21

func (l *literals) add(text string, rule int) {
	l.texts, l.rules = append(l.texts, text), append(l.rules, rule)
}

func (l *literals) compile(words int) {
	l.words = words
	states := 1
	width := 1
	for _, text := range l.texts {
		states += len(text)
		for i := range len(text) {
			if c := &l.columns[text[i]]; *c == 0 && width < 256 {
				*c = uint8(width)
				width++
			}
		}
	}
	if l.width = width; states*width > maxCells {
		return
	}
	l.next, l.out = make([]int32, width, states*width), make([]bits, 1, states)
	for i, text := range l.texts {
		l.insert(text, l.rules[i])
	}
	l.link()
	l.point()
}

// insert adds the path of text; a state that doesn't exist yet is 0.
func (l *literals) insert(text string, rule int) {
	state := int32(0)
	for i := range len(text) {
		at := int(state)*l.width + int(l.columns[text[i]])
		if l.next[at] == 0 {
			l.next[at] = int32(len(l.out))
			l.next = append(l.next, make([]int32, l.width)...)
			l.out = append(l.out, nil)
		}
		state = l.next[at]
	}
	if l.out[state] == nil {
		l.out[state] = make(bits, l.words)
	}
	l.out[state].set(rule)
}

// link fills the rows: where a path ends, the longest suffix of what was read that is the
// beginning of a text goes on.
func (l *literals) link() {
	fail := make([]int32, len(l.out))
	queue := make([]int32, 0, len(l.out))
	for c := range l.width {
		if s := l.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		if also := l.out[fail[s]]; also != nil {
			if l.out[s] == nil {
				l.out[s] = make(bits, l.words)
			}
			l.out[s].add(also)
		}
		for c := range l.width {
			at, back := int(s)*l.width+c, l.next[int(fail[s])*l.width+c]
			if l.next[at] == 0 {
				l.next[at] = back
				continue
			}
			fail[l.next[at]] = back
			queue = append(queue, l.next[at])
		}
	}
}

// point replaces the numbers of states by those of their first cells.
func (l *literals) point() {
	for i, s := range l.next {
		l.next[i] = s * int32(l.width)
		if l.out[s] != nil {
			l.next[i] = ^l.next[i]
		}
	}
}

// any reports whether any of the texts occurs in s.
func (l *literals) any(s string) bool {
	if l.next == nil {
		return slices.ContainsFunc(l.texts, func(text string) bool { return strings.Contains(s, text) })
	}
	next, cell := l.next, int32(0)
	for i := range len(s) {
		if cell = next[int(cell)+int(l.columns[s[i]])]; cell < 0 {
			return true
		}
	}
	return false
}

// match adds to found the rules of all texts that occur in s.
func (l *literals) match(s string, found bits) {
	if l.next == nil {
		for i, text := range l.texts {
			if strings.Contains(s, text) {
				found.set(l.rules[i])
			}
		}
		return
	}
	next, cell := l.next, int32(0)
	for i := range len(s) {
		cell = next[int(cell)+int(l.columns[s[i]])]
		if cell < 0 {
			cell = ^cell
			found.add(l.out[int(cell)/l.width])
		}
	}
}
