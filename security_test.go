package tracehook_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each row of the threat model names a test, and each test that it names exists.
func TestTheThreatModelIsTested(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`(?:([a-z0-9/]+)\\.)?((?:Test|Fuzz)\\w+)`")
	sources := map[string]string{} // the tests of a folder
	rows := 0
	for line := range strings.Lines(string(document)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| attack |") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 {
			t.Errorf("a row has %d cells, want an attack, what happens and the tests: %s", len(cells), line)
			continue
		}
		names := name.FindAllStringSubmatch(cells[2], -1)
		if rest := strings.TrimSpace(name.ReplaceAllString(cells[2], "")); len(names) == 0 || rest != "" {
			t.Errorf("the tests of a row are %q, want names such as `sampler.TestEdge`", cells[2])
		}
		for _, n := range names {
			folder, test := n[1], n[2]
			if _, ok := sources[folder]; !ok {
				sources[folder] = testsIn(t, folder)
			}
			if !strings.Contains(sources[folder], "\nfunc "+test+"(") {
				t.Errorf("there is no test %s in %s", test, folder)
			}
		}
	}
	if rows < 25 {
		t.Errorf("the document has %d rows", rows)
	}
}

// testsIn returns the text of all tests of a folder, whatever system they are for.
func testsIn(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
