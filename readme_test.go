package tracehook_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// README.zh.md keeps in step with README.md: it has the same headings in depth and order, the same blocks
// to the letter, tables of the same shape with the same first links, and the same links and pictures.
func TestTheChineseReadmeKeepsInStep(t *testing.T) {
	t.Parallel()
	english, chinese := shapeOf(contents(t, "README.md")), shapeOf(contents(t, "README.zh.md"))
	if diff := cmp.Diff(english, chinese); diff != "" {
		t.Errorf("(-README.md +README.zh.md):\n%s", diff)
	}
	prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(contents(t, "README.zh.md"), "")
	if n := len(regexp.MustCompile(`\p{Han}`).FindAllString(prose, -1)); n < 600 {
		t.Errorf("only %d Chinese characters", n)
	}
}

type documentShape struct {
	Headings, Blocks, Links []string
	Tables                  []int // cells of each row
}

func shapeOf(text string) documentShape {
	var s documentShape
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
			}
		}
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(part, -1) {
			if !strings.HasPrefix(link[1], "README") { // to the other language
				s.Links = append(s.Links, link[1])
			}
		}
	}
	slices.Sort(s.Links)
	return s
}
