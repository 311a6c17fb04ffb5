package tracehook_test

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// tops is how a page begins: its title, the languages that it has, for whom it is and how long it takes.
var tops = []*regexp.Regexp{
	regexp.MustCompile(`^# [^\n]+\n\n(?:[^\n]+ \| [^\n]+\n\n)?\*For [^*]+\.\s(\d+)\sminutes\.\*\n\n`),
	regexp.MustCompile(`^# [^\n]+\n\n[^\n]+ \| [^\n]+\n\n\*写给[^*]+。(\d+) 分钟。\*\n\n`),
}

// minutes returns how long a page says that it takes to read, 0 if it doesn't say so in that form.
func minutes(page string) int {
	for _, top := range tops {
		if m := top.FindStringSubmatch(page); m != nil {
			n, _ := strconv.Atoi(m[1])
			return n
		}
	}
	return 0
}

// Each page says at its top for whom it is and how long it takes, and the index says the same.
func TestPagesSayForWhomTheyAre(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) < 20 {
		t.Fatalf("%q, %v", pages, err)
	}
	index := contents(t, "docs/README.md")
	for _, path := range pages {
		page, name := contents(t, path), filepath.Base(path)
		n := minutes(page)
		if n == 0 {
			t.Errorf("%s doesn't begin with a title and a line such as *For NEWCOMERS. 5 minutes.*", path)
			continue
		}
		if strings.HasSuffix(name, ".zh.md") {
			continue // as its original, which another test sees to
		}
		if words := len(strings.Fields(page)); n < words/300 || n > words/100+2 {
			t.Errorf("%s has %d words: nobody reads them in %d minutes", path, words, n)
		}
		if row := " [" + name + "](" + name + ") | " + strconv.Itoa(n) + " |\n"; name != "README.md" && !strings.Contains(index, row) {
			t.Errorf("docs/README.md has no row that ends with%s", row)
		}
	}
}
