package sampler

import "slices"

// included reports whether every string that inner matches is matched by one of outer. It
// is exact for globs of up to 63 tokens together (and a bounded effort); beyond, it may say
// no where yes were true, and then a rule just isn't taken for narrower.
func included(inner *glob, outer []glob) bool {
	total := 0
	for i := range outer {
		o := &outer[i]
		if o.shape == globAny || slices.Equal(o.tokens, inner.tokens) {
			return true
		}
		if inner.shape == globExact {
			if o.match(inner.prefix) {
				return true
			}
			continue
		}
		total += len(o.tokens) + 1
	}
	if inner.shape == globExact || total == 0 || total > 64 || len(inner.tokens) == 0 {
		return false
	}
	// Most pairs have nothing to do with each other, and there are as many as rules squared.
	for _, member := range inner.members {
		if !slices.ContainsFunc(outer, func(o glob) bool { return o.match(member) }) {
			return false
		}
	}
	return newInclusion(outer).holds(inner.tokens)
}

// inclusion simulates all outer globs at once: bit i of a state set says that token i is
// the next to be matched by one of them.
type inclusion struct {
	tokens []rune // all outer globs, each followed by end
	start  uint64
	accept uint64
}

const end rune = -3

func newInclusion(outer []glob) *inclusion {
	in := &inclusion{}
	for i := range outer {
		in.start |= 1 << len(in.tokens)
		in.tokens = append(in.tokens, outer[i].tokens...)
		in.accept |= 1 << len(in.tokens)
		in.tokens = append(in.tokens, end)
	}
	in.start = in.closure(in.start)
	return in
}

// closure adds what is reachable without a character: past each *.
func (in *inclusion) closure(set uint64) uint64 {
	for i, t := range in.tokens {
		if t == many && set>>i&1 == 1 {
			set |= 1 << (i + 1)
		}
	}
	return set
}

func (in *inclusion) step(set uint64, c rune) uint64 {
	var next uint64
	for i, t := range in.tokens {
		if set>>i&1 == 0 {
			continue
		}
		switch t {
		case many:
			next |= 1 << i
		case c, one:
			next |= 1 << (i + 1)
		}
	}
	return in.closure(next)
}

// holds walks every string of inner, as far as they differ for the outer globs.
func (in *inclusion) holds(inner []rune) bool {
	type pair struct {
		at  int
		set uint64
	}
	const effort = 1 << 14
	letters := in.letters()
	seen := map[pair]bool{}
	todo := []pair{{0, in.start}}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[p] {
			continue
		}
		if seen[p] = true; len(seen) > effort {
			return false
		}
		if p.at == len(inner) {
			if p.set&in.accept == 0 {
				return false
			}
			continue
		}
		switch t := inner[p.at]; t {
		case many:
			todo = append(todo, pair{p.at + 1, p.set})
			for _, c := range letters {
				todo = append(todo, pair{p.at, in.step(p.set, c)})
			}
		case one:
			for _, c := range letters {
				todo = append(todo, pair{p.at + 1, in.step(p.set, c)})
			}
		default:
			todo = append(todo, pair{p.at + 1, in.step(p.set, t)})
		}
	}
	return true
}

// letters returns each character that an outer glob asks for, and other for the rest.
func (in *inclusion) letters() []rune {
	const other rune = -4
	letters := []rune{other}
	seen := map[rune]bool{}
	for _, t := range in.tokens {
		if t >= 0 && !seen[t] {
			seen[t] = true
			letters = append(letters, t)
		}
	}
	return letters
}
