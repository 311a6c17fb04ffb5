package sampler

import (
	mathbits "math/bits"
	"unicode/utf8"
)

// wildcards matches many globs of any form in one pass. Each glob has a bit for each of its
// characters and ?, and one for its end; the bits that are set say what may come next. For each
// character of a text, a few operations on 64 bits each move all globs on.
type wildcards struct {
	globs   [][]rune
	rules   []int
	loops   []uint64 // bits before which a * stands
	start   []uint64
	accept  []uint64
	endless []uint64 // bits of accept that a * leads to
	other   []uint64 // bits that any character moves on: those of ?
	ascii   [utf8.RuneSelf][]uint64
	runes   map[rune][]uint64
	rule    []int32 // of each accepting bit
}

// maxStateWords is as many words of bits as live on the stack: 16384 characters of globs.
// Globs beyond are matched one by one.
const maxStateWords = 256

func (w *wildcards) add(tokens []rune, rule int) {
	w.globs, w.rules = append(w.globs, tokens), append(w.rules, rule)
}

func (w *wildcards) compile() {
	total := 0
	for i, tokens := range w.globs {
		if total += len(tokens) + 1; (total+63)/64 > maxStateWords {
			w.lay(total - len(tokens) - 1)
			w.fill(i)
			return
		}
	}
	w.lay(total)
	w.fill(len(w.globs))
}

// lay makes room for n bits.
func (w *wildcards) lay(n int) {
	words := (n + 63) / 64
	for _, set := range []*[]uint64{&w.loops, &w.start, &w.accept, &w.endless, &w.other} {
		*set = make([]uint64, words)
	}
	w.runes = make(map[rune][]uint64)
	w.rule = make([]int32, words*64)
}

// fill gives the first globs their bits. The rest stays in globs and rules.
func (w *wildcards) fill(globs int) {
	at := 0
	set := func(b []uint64) { b[at/64] |= 1 << (at % 64) }
	type letter struct {
		at int
		c  rune
	}
	var letters []letter
	for i, tokens := range w.globs[:globs] {
		set(w.start)
		star := false
		for _, t := range tokens {
			if star = t == many; star {
				set(w.loops)
				continue
			}
			if t == one {
				set(w.other)
			} else {
				letters = append(letters, letter{at, t})
			}
			at++
		}
		set(w.accept)
		if star {
			set(w.endless)
		}
		w.rule[at] = int32(w.rules[i])
		at++
	}
	for _, l := range letters {
		if w.runes[l.c] == nil {
			w.runes[l.c] = append([]uint64(nil), w.other...)
		}
		w.runes[l.c][l.at/64] |= 1 << (l.at % 64)
	}
	for c := range w.ascii {
		if w.ascii[c] = w.runes[rune(c)]; w.ascii[c] == nil {
			w.ascii[c] = w.other
		}
	}
	w.globs, w.rules = w.globs[globs:], w.rules[globs:]
}

// match adds to found the rules of all globs that match s. If s was cut, only those that end in a
// * can.
func (w *wildcards) match(s string, cut bool, found bits) {
	var room [maxStateWords]uint64
	state := room[:len(w.start)]
	copy(state, w.start)
	loops := w.loops
	for i := 0; i < len(s); {
		moves, size := w.ascii[s[i]&(utf8.RuneSelf-1)], 1
		if s[i] >= utf8.RuneSelf {
			var c rune
			c, size = utf8.DecodeRuneInString(s[i:])
			if moves = w.runes[c]; moves == nil || c == utf8.RuneError && size == 1 {
				moves = w.other
			}
		}
		i += size
		carry := uint64(0)
		moves, loops := moves[:len(state)], loops[:len(state)] // for the compiler
		for k, now := range state {
			moved := now & moves[k]
			state[k] = moved<<1 | carry | now&loops[k]
			carry = moved >> 63
		}
	}
	accept := w.accept
	if cut {
		accept = w.endless
	}
	for k := range state {
		for left := state[k] & accept[k]; left != 0; left &= left - 1 {
			found.set(int(w.rule[k*64+mathbits.TrailingZeros64(left)]))
		}
	}
	for i, tokens := range w.globs {
		if (!cut || tokens[len(tokens)-1] == many) && matchTokens(tokens, s) {
			found.set(w.rules[i])
		}
	}
}
