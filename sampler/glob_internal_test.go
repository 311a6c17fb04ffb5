package sampler

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func mustGlob(tb testing.TB, pattern string) glob {
	tb.Helper()
	g, err := compileGlob(pattern)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func TestGlobMatch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		pattern string
		yes, no []string
	}{
		{"", []string{""}, []string{"a"}},
		{"*", []string{"", "a", "service:x"}, nil},
		{"http:*", []string{"http:", "http:get"}, []string{"http", "xhttp:"}},
		{"*.login", []string{".login", "user.login"}, []string{"login", "user.login2"}},
		{"a*b", []string{"ab", "axb", "abb"}, []string{"a", "b", "aba"}},
		{"aba*aba", []string{"abaaba", "abaxaba"}, []string{"aba", "ababa"}},
		{"?", []string{"a", "é", "世"}, []string{"", "ab"}},
		{"*?", []string{"a", "ab"}, []string{""}},
		{"a?c", []string{"abc", "a*c", "aéc"}, []string{"ac", "abbc"}},
		{"*a*b*", []string{"ab", "xaybz"}, []string{"ba", ""}},
		{`a\*b`, []string{"a*b"}, []string{"axb"}},
		{`\?\\`, []string{`?\`}, []string{`x\`}},
		{"[a-z]", []string{"[a-z]"}, []string{"a"}},
		{"*\xef\xbf\xbd", []string{"x\ufffd"}, []string{"x"}},
	} {
		g := mustGlob(t, tc.pattern)
		for _, s := range tc.yes {
			if !g.match(s) {
				t.Errorf("%q doesn't match %q", tc.pattern, s)
			}
		}
		for _, s := range tc.no {
			if g.match(s) {
				t.Errorf("%q matches %q", tc.pattern, s)
			}
		}
	}
}

func TestGlobErrors(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{`a\`, `a\b`, "a\xff", strings.Repeat("a", maxGlob+1)} {
		if _, err := compileGlob(pattern); err == nil {
			t.Errorf("%.20q compiles", pattern)
		}
	}
}

// A pattern that is hard for backtracking takes no longer than length times length.
func TestGlobMatchIsNotExponential(t *testing.T) {
	t.Parallel()
	g := mustGlob(t, strings.Repeat("*a", 200)+"b")
	if g.match(strings.Repeat("a", 20_000)) {
		t.Error("matched")
	}
}

// slowMatch is the definition of a glob.
func slowMatch(tokens []rune, s string) bool {
	if len(tokens) == 0 {
		return s == ""
	}
	if tokens[0] == many && slowMatch(tokens[1:], s) {
		return true
	}
	if s == "" {
		return false
	}
	c, size := utf8.DecodeRuneInString(s)
	switch tokens[0] {
	case many:
		return slowMatch(tokens, s[size:])
	case one, c:
		return slowMatch(tokens[1:], s[size:])
	default:
		return false
	}
}

// words returns all strings over a, b and c up to that length.
func words(length int) []string {
	all := []string{""}
	for from := 0; length > 0; length-- {
		to := len(all)
		for _, s := range all[from:to] {
			all = append(all, s+"a", s+"b", s+"c")
		}
		from = to
	}
	return all
}

func randomGlob(random *rand.Rand, length int) string {
	var b strings.Builder
	for range random.IntN(length + 1) {
		b.WriteByte("ab?**"[random.IntN(5)])
	}
	return b.String()
}

// Matching and inclusion agree with their definitions on every word up to length 7. The
// globs are short enough that a difference shows there.
func TestGlobAgainstItsDefinition(t *testing.T) {
	t.Parallel()
	all := words(7)
	random := rand.New(rand.NewPCG(5, 6))
	yes, no := 0, 0
	for range 3000 {
		a, b := mustGlob(t, randomGlob(random, 5)), mustGlob(t, randomGlob(random, 4))
		c := mustGlob(t, randomGlob(random, 4))
		want := true
		for _, s := range all {
			if got, want := a.match(s), slowMatch(a.tokens, s); got != want {
				t.Fatalf("%q matches %q: %v, want %v", a.pattern, s, got, want)
			}
			if a.match(s) && !b.match(s) && !c.match(s) {
				want = false
				break
			}
		}
		if got := included(&a, []glob{b, c}); got != want {
			t.Fatalf("%q within %q or %q: %v, want %v", a.pattern, b.pattern, c.pattern, got, want)
		}
		if want {
			yes++
		} else {
			no++
		}
	}
	if yes < 300 || no < 300 {
		t.Fatalf("%d included, %d not: the test is lopsided", yes, no)
	}
}

// A glob matches its members, whatever characters it has: they tell most unrelated globs apart,
// which takes no memory. A thousand rules are a million pairs.
func TestIncludedTellsUnrelatedGlobsApartByMembers(t *testing.T) {
	for _, pattern := range []string{"a*", "*a", "a*b?c", "?", "?*", "**", "é*\uE000?", `\*?\?`} {
		g := mustGlob(t, pattern)
		if len(g.members) == 0 {
			t.Errorf("%q has no members", pattern)
		}
		for _, member := range g.members {
			if !g.match(member) {
				t.Errorf("%q doesn't match %q", pattern, member)
			}
		}
	}
	a, b := mustGlob(t, "GET /api/*/orders/*"), []glob{mustGlob(t, "GET /api/*/users/*")}
	if n := testing.AllocsPerRun(10, func() { included(&a, b) }); n != 0 {
		t.Errorf("%v allocations to tell %q from %q, want 0", n, a.pattern, b[0].pattern)
	}
}

// Long globs fall back to saying no, never to a wrong yes.
func TestIncludedWithLongGlobs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ab", 40)
	for _, tc := range []struct {
		inner, outer string
		want         bool
	}{
		{long, "a*", true},
		{long + "*", "*", true},
		{long + "*", long + "*", true},
		{long + "x*", "a*", true},
		{"a*", long + "*", false},
		{long + "x*", long + "*", false}, // true, but beyond what is looked at
	} {
		inner, outer := mustGlob(t, tc.inner), mustGlob(t, tc.outer)
		if got := included(&inner, []glob{outer}); got != tc.want {
			t.Errorf("%.10q within %.10q: %v, want %v", tc.inner, tc.outer, got, tc.want)
		}
	}
}
