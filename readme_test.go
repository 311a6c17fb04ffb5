package tracehook_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A document in Chinese keeps in step with the English one: it has the same headings in depth and order, the
// same blocks to the letter, tables of the same shape, as many items in its lists, and the same links and pictures.
func TestChineseDocumentsKeepInStep(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README", "docs/framework"} {
		text := contents(t, name+".zh.md")
		if diff := cmp.Diff(shapeOf(contents(t, name+".md")), shapeOf(text)); diff != "" {
			t.Errorf("(-%s.md +%[1]s.zh.md):\n%s", name, diff)
		}
		prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(text, "")
		if n := len(regexp.MustCompile(`\p{Han}`).FindAllString(prose, -1)); n < 600 {
			t.Errorf("%s.zh.md has only %d Chinese characters", name, n)
		}
	}
}

type documentShape struct {
	Headings, Blocks, Links []string
	Tables                  []int // cells of each row
	Items                   int
}

func shapeOf(text string) documentShape {
	var s documentShape
	text = regexp.MustCompile(`(?m)^(English|\[English\].*) \| .*$`).ReplaceAllString(text, "") // to the other language
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 {
			s.Blocks = append(s.Blocks, part)
			continue
		}
		for line := range strings.Lines(part) {
			switch {
			case strings.HasPrefix(line, "#"):
				s.Headings = append(s.Headings, line[:strings.IndexByte(line, ' ')])
			case strings.HasPrefix(line, "|"):
				s.Tables = append(s.Tables, strings.Count(line, "|"))
			case strings.HasPrefix(line, "- "):
				s.Items++
			}
		}
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(part, -1) {
			s.Links = append(s.Links, strings.ReplaceAll(link[1], ".zh.md", ".md"))
		}
	}
	slices.Sort(s.Links)
	return s
}
