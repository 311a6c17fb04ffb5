package tracehook_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A block of a document: a heading, a paragraph, an item of a list, a row of a table, or a fence.
type block struct {
	Kind string   // with the level of a heading, and the number of cells of a row
	Same []string // what a translation leaves as it is: code, targets of links, numbers
	at   int      // its line
	text string
}

var (
	codeSpan   = regexp.MustCompile("`[^`]+`")
	linkTarget = regexp.MustCompile(`\]\(([^)]*)\)`)
	autolink   = regexp.MustCompile(`<(https?:[^>]*)>`)
	figure     = regexp.MustCompile(`\d[\d,.:-]*`)
	chinese    = regexp.MustCompile(`\p{Han}`)
	languages  = regexp.MustCompile(`^(\[English\]\([^)]*\)|English) \| (\[中文\]\([^)]*\)|中文)$`)
)

// blocks takes a document apart; targets of links are those of the original.
func blocks(doc string) (list []block) {
	add := func(kind, text string, at int) {
		b := block{Kind: kind, at: at, text: text}
		if languages.MatchString(text) {
			return
		}
		for _, m := range linkTarget.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(m[1], "#") // anchors are translated; another test follows them
			b.Same = append(b.Same, "-> "+strings.Replace(target, ".zh.md", ".md", 1))
		}
		text = linkTarget.ReplaceAllString(text, "]")
		for _, m := range autolink.FindAllStringSubmatch(text, -1) {
			b.Same = append(b.Same, "-> "+m[1])
		}
		text = autolink.ReplaceAllString(text, "")
		b.Same = append(b.Same, codeSpan.FindAllString(text, -1)...)
		for _, n := range figure.FindAllString(codeSpan.ReplaceAllString(text, " "), -1) {
			b.Same = append(b.Same, strings.TrimRight(n, ",.:-"))
		}
		slices.Sort(b.Same)
		list = append(list, b)
	}
	var kind, text string
	begun := 0
	flush := func() {
		if kind != "" {
			add(kind, text, begun)
		}
		kind, text = "", ""
	}
	fence := false
	for i, line := range strings.Split(doc, "\n") {
		switch {
		case fence:
			text += line + "\n"
			if strings.HasPrefix(line, "```") {
				list = append(list, block{Kind: "fence", Same: []string{text}, at: begun})
				fence, kind, text = false, "", ""
			}
		case strings.HasPrefix(line, "```"):
			flush()
			fence, text, begun = true, line+"\n", i+1
		case strings.HasPrefix(line, "#"):
			flush()
			add("heading "+line[:strings.IndexByte(line, ' ')], line, i+1)
		case strings.HasPrefix(line, "|"):
			flush()
			if strings.Trim(line, "|- ") != "" {
				add(fmt.Sprint("row of ", strings.Count(line, "|")-2*strings.Count(line, `\|`)), line, i+1)
			}
		case strings.TrimSpace(line) == "":
			flush()
		case strings.HasPrefix(line, "- "):
			flush()
			kind, text, begun = "item", line, i+1
		default:
			if kind == "" {
				kind, begun = "paragraph", i+1
			}
			text += " " + line
			text = strings.TrimSpace(text)
		}
	}
	flush()
	return list
}

// A translation says what the original says: block by block it has the same headings, programs, rows,
// code, numbers and links.
func TestTranslationsAreInStep(t *testing.T) {
	t.Parallel()
	for _, original := range []string{"README.md", "docs/framework.md", "docs/config.md"} {
		translation := strings.Replace(original, ".md", ".zh.md", 1)
		en, err := os.ReadFile(original)
		if err != nil {
			t.Fatal(err)
		}
		zh, err := os.ReadFile(translation)
		if err != nil {
			t.Fatal(err)
		}
		want, got := blocks(string(en)), blocks(string(zh))
		for i := range want {
			if i >= len(got) {
				t.Errorf("%s ends before line %d of %s", translation, want[i].at, original)
				break
			}
			if want[i].Kind != got[i].Kind {
				t.Errorf("%s:%d is a %s; %s:%d is a %s", translation, got[i].at, got[i].Kind, original, want[i].at, want[i].Kind)
				break
			}
			if diff := cmp.Diff(want[i].Same, got[i].Same); diff != "" {
				t.Errorf("%s:%d differs from %s:%d (-original +translation):\n%s", translation, got[i].at, original, want[i].at, diff)
			}
			if (got[i].Kind == "paragraph" || got[i].Kind == "item") && !chinese.MatchString(got[i].text) {
				t.Errorf("%s:%d has no word in Chinese", translation, got[i].at)
			}
		}
		if len(got) > len(want) {
			t.Errorf("%s:%d has no counterpart in %s", translation, got[len(want)].at, original)
		}
		for i, line := range []string{string(en), string(zh)} {
			if parts := strings.SplitN(line, "\n", 4); len(parts) < 4 || !languages.MatchString(parts[2]) {
				t.Errorf("%s has no line of languages below its title", []string{original, translation}[i])
			}
		}
	}
}
