package sampler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

// The pass over a text finds the globs that match it one by one, of any form and content.
func TestPatternsAgainstEachGlob(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	text := func(n int, letters ...string) string {
		var b strings.Builder
		for range n {
			b.WriteString(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	matched := 0
	for round := range 300 {
		var globs []glob
		for len(globs) < 1+random.IntN(150) {
			g, err := compileGlob(text(1+random.IntN(9), "a", "b", "c", "é", "*", "*", "?", `\*`, "�"))
			if err != nil {
				continue
			}
			globs = append(globs, g)
		}
		p := newPatterns((len(globs) + 63) / 64)
		for i := range globs {
			p.add(&globs[i], i)
		}
		p.compile()
		for range 40 {
			s := text(random.IntN(12), "a", "b", "c", "é", "*", "x", "\xff", "\xc3")
			switch random.IntN(8) {
			case 0:
				s = text(maxMatched/2, "a", "b", "é")
			case 1:
				s += strings.Repeat("b", maxMatched-len(s)-random.IntN(2)) + text(random.IntN(4), "a", "b", "é")
			}
			found := make(bits, p.words)
			p.match(s, found)
			for i := range globs {
				got, want := found[i/64]>>(i%64)&1 == 1, globs[i].match(s)
				if got != want {
					t.Fatalf("round %d, glob %q, text %q (%d bytes): %v in the pass, %v alone", round, globs[i].pattern, s, len(s), got, want)
				}
				if len(s) <= maxMatched && want != matchTokens(globs[i].tokens, s) && !strings.Contains(globs[i].pattern, "�") {
					t.Fatalf("glob %q, text %q: %v, by its characters %v", globs[i].pattern, s, want, !want)
				}
				if want {
					matched++
				}
			}
		}
	}
	if matched < 9_000 {
		t.Errorf("only %d matches", matched)
	}
}

// More globs than an automaton or the bits have room for are matched all the same.
func TestPatternsBeyondAllBounds(t *testing.T) {
	t.Parallel()
	var globs []glob
	for i := range maxRules {
		for _, pattern := range []string{"*%04d" + strings.Repeat("x", 900) + "é*", "*?%04d" + strings.Repeat("y", 100) + "*z"} {
			g, err := compileGlob(fmt.Sprintf(pattern, i))
			if err != nil {
				t.Fatal(err)
			}
			globs = append(globs, g)
		}
	}
	p := newPatterns((len(globs) + 63) / 64)
	for i := range globs {
		p.add(&globs[i], i)
	}
	p.compile()
	if p.inside.next != nil || len(p.rest.globs) == 0 {
		t.Fatal("everything had room")
	}
	for _, i := range []int{0, 1, 2, 3, 200, 201, 1000, 1001, 2046, 2047} {
		found := make(bits, p.words)
		p.match(globs[i].members[0], found)
		if n := found[i/64] >> (i % 64) & 1; n != 1 {
			t.Errorf("glob %d isn't found in %q", i, globs[i].members[0])
		}
	}
}

// Of a long text the beginning counts, and what needs its end doesn't match.
func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	long := "GET /start" + strings.Repeat("é", maxMatched) + "end"
	part, _ := bounded(long)
	for pattern, want := range map[string]bool{
		part: false,
		"*":  true, "GET *": true, "*start*": true, "G?T*": true, "*?tart*": true,
		"*end": false, "GET*end": false, "*end*": false, "*s*end": false, "*?end": false, long[:900] + "*": true,
	} {
		m := compiled(t, []Rule{{Name: pattern}, {Attrs: map[string][]string{"ua": {pattern}}}})
		if got := m.find(&subject{name: long}) == 0; got != want {
			t.Errorf("%q as a name: %v, want %v", pattern, got, want)
		}
		attrs := []attribute.KeyValue{attribute.String("ua", long)}
		if got := m.find(&subject{name: "\x00", attrs: attrs}) >= 0; got != want && pattern != "*" {
			t.Errorf("%q as a value: %v, want %v", pattern, got, want)
		}
	}
}

// A name or a value of any length costs what the first 1024 bytes do.
func TestLongTextsCostNoMore(t *testing.T) {
	t.Parallel()
	for form, pattern := range hostileForms() {
		m := compiled(t, manyOf(pattern))
		cost := func(n int) time.Duration {
			s := hostile(n)
			var times []time.Duration
			for range 15 {
				begin := time.Now()
				m.find(s)
				times = append(times, time.Since(begin))
			}
			return slices.Min(times)
		}
		if short, long := cost(2*maxMatched), cost(1<<20); long > 4*short+20*time.Microsecond {
			t.Errorf("%s: %v for 2 KiB, %v for 1 MiB", form, short, long)
		}
	}
}

// So does a value that is looked up in a table.
func TestLongValuesOfATableCostNoMore(t *testing.T) {
	t.Parallel()
	m := compiled(t, []Rule{{Attrs: map[string][]string{"tenant": strings.Split("abcdefghijklmnopqrst", "")}}, {Attrs: map[string][]string{"tenant": {"u"}}}})
	cost := func(n int) time.Duration {
		s := &subject{name: "x", attrs: []attribute.KeyValue{attribute.String("tenant", strings.Repeat("a", n))}}
		var times []time.Duration
		for range 15 {
			begin := time.Now()
			for range 10 {
				m.find(s)
			}
			times = append(times, time.Since(begin))
		}
		return slices.Min(times)
	}
	if k := m.memo.get("x"); m.find(&subject{name: "x"}) != -1 || m.memo.get("x") == nil || m.memo.get("x").oneKey == nil {
		t.Fatalf("the name has no table: %+v", k)
	}
	if short, long := cost(2*maxMatched), cost(1<<20); long > 8*short+20*time.Microsecond {
		t.Errorf("%v for 2 KiB, %v for 1 MiB", short, long)
	}
}

// hostileForms are 256 globs each, by form.
func hostileForms() map[string]string {
	return map[string]string{"inside": "*svc%d*", "end": "*svc%d", "front": "svc%d*", "ends": "s*%d", "any": "*s?c%d*v*", "characters": "?*v?%d"}
}

func manyOf(pattern string) (rules []Rule) {
	for i := range 256 {
		p := fmt.Sprintf(pattern, i+100)
		if i%2 == 0 {
			rules = append(rules, Rule{Name: p})
		} else {
			rules = append(rules, Rule{Attrs: map[string][]string{"user_agent.original": {p}}})
		}
	}
	return rules
}

func hostile(n int) *subject {
	text := strings.Repeat("svcsvc1s", n/8)
	return &subject{name: text, attrs: []attribute.KeyValue{attribute.String("user_agent.original", text)}}
}

func BenchmarkHostileTexts(b *testing.B) {
	for form, pattern := range hostileForms() {
		b.Run(form, func(b *testing.B) {
			m, s := compiled(b, manyOf(pattern)), hostile(1<<20)
			b.ReportAllocs()
			for b.Loop() {
				m.find(s)
			}
		})
	}
}
