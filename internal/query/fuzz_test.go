package query_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tracehook/tracehook/internal/query"
	"github.com/tracehook/tracehook/internal/query/querytest"
)

// What a query is, it is compiled or told with a place in it; and what one finds, its negation
// doesn't.
func FuzzParse(f *testing.F) {
	for _, c := range querytest.Cases() {
		f.Add(c.Query)
	}
	for _, c := range querytest.BadQueries() {
		f.Add(c.Query)
	}
	spans := corpus()
	f.Fuzz(func(t *testing.T, text string) {
		q, err := query.Parse(text)
		if err != nil {
			var bad *query.Error
			if !errors.As(err, &bad) {
				t.Fatalf("%T", err)
			}
			if bad.At < 0 || bad.Length < 0 || bad.At+bad.Length > len(text) || bad.Problem == "" {
				t.Fatalf("place %d+%d of %d bytes: %q", bad.At, bad.Length, len(text), bad.Problem)
			}
			lines := strings.Split(bad.Caret(), "\n")
			if len(lines) != 2 || !strings.Contains(lines[1], "^") && runeAt(text, bad.At) {
				t.Fatalf("caret %q", bad.Caret())
			}
			for _, r := range lines[0] + bad.Error() {
				if !unicode.IsPrint(r) {
					t.Fatalf("%U in %q", r, lines[0]+bad.Error())
				}
			}
			return
		}
		got := found(q, spans)
		if strings.TrimSpace(text) == "" {
			return
		}
		not, err := query.Parse("-(" + text + ")")
		if err != nil {
			return // too long, too deep, or ends in a backslash or with "(" inside a word
		}
		all := strings.Map(func(r rune) rune {
			if strings.ContainsRune(got, r) {
				return -1
			}
			return r
		}, "12345678")
		if rest := found(not, spans); rest != all {
			t.Fatalf("%q finds %q, its negation %q", text, got, rest)
		}
	})
}

// runeAt says whether there is anything to put a caret under.
func runeAt(s string, at int) bool {
	r, _ := utf8.DecodeRuneInString(s[at:])
	return at == len(s) || unicode.IsPrint(r) && !unicode.IsMark(r)
}

// Stars match as a regular expression of the standard library does.
func FuzzStar(f *testing.F) {
	f.Add("a*b", "aXb")
	f.Add("*ab*ab", "abab")
	f.Add("ab*ba", "aba")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 64 || len(text) > 1000 || strings.ContainsAny(pattern, "\\\"()\t\r\n <>=~") ||
			!strings.Contains(pattern, "*") || !utf8.ValidString(pattern+text) {
			return
		}
		q, err := query.Parse("@k:" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		var s query.Span
		s.AddAny(query.InSpan, "k", text)
		fold := func(s string) string { return strings.Map(unicode.ToLower, s) }
		parts := strings.Split(fold(pattern), "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		want := regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`).MatchString(fold(text))
		if got := q.Matcher().Match(&s); got != want {
			t.Fatalf("%q on %q: %v, want %v", pattern, text, got, want)
		}
	})
}
