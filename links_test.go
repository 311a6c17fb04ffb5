package tracehook_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var fences = regexp.MustCompile("(?ms)^```.*?^```$")

// anchors returns the anchors of the headings of a document, as GitHub makes them.
func anchors(doc string) map[string]bool {
	all := map[string]bool{}
	for line := range strings.SplitSeq(fences.ReplaceAllString(doc, ""), "\n") {
		if text := strings.TrimLeft(line, "#"); text != line && strings.HasPrefix(text, " ") {
			text = linkTarget.ReplaceAllString(text, "]")
			all[strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
					return unicode.ToLower(r)
				}
				return -1
			}, strings.TrimSpace(text))] = true
		}
	}
	return all
}

// Every link of a document to a file or a heading of this repository leads there.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	links := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if filepath.Ext(file) != ".md" {
			return nil
		}
		doc, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range linkTarget.FindAllStringSubmatch(fences.ReplaceAllString(string(doc), ""), -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(path, "://") || strings.HasPrefix(path, "mailto:") {
				continue
			}
			links++
			target, there := filepath.Join(filepath.Dir(file), path), doc
			if path == "" {
				target = file
			} else if info, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", file, m[1])
				continue
			} else if anchor != "" && !info.IsDir() {
				if there, err = os.ReadFile(target); err != nil {
					return err
				}
			}
			if anchor != "" && filepath.Ext(target) == ".md" && !anchors(string(there))[anchor] {
				t.Errorf("%s: %s has no heading #%s", file, target, anchor)
			}
		}
		return nil
	})
	if err != nil || links == 0 {
		t.Errorf("%d links, %v", links, err)
	}
}
