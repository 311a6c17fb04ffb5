package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
)

// docs/config.md has every key that is read, with its type and default, in the same order,
// and no other; and its example loads.
func TestDocs(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.ReplaceAll(string(content), "\r\n", "\n")
	for heading, keys := range config.KeyTables() {
		_, section, found := strings.Cut(doc, "### "+heading+"\n")
		if !found {
			t.Errorf("no section %q", heading)
			continue
		}
		section, _, _ = strings.Cut(section, "\n#")
		var got, want []string
		for line := range strings.SplitSeq(section, "\n") {
			cells := strings.Split(strings.Trim(line, "| "), " | ")
			if len(cells) == 4 && cells[0] != "key" {
				row := strings.Join(cells[:3], " | ")
				got = append(got, cells[0]+strings.ReplaceAll(strings.TrimPrefix(row, cells[0]), "`", ""))
				if len(cells[3]) < 5 {
					t.Errorf("%s has no meaning", cells[0])
				}
			}
		}
		for _, k := range keys {
			want = append(want, k.Row())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-keys that are read +keys that are documented):\n%s", heading, diff)
		}
	}
	_, example, _ := strings.Cut(doc, "```toml\n")
	example, _, _ = strings.Cut(example, "```")
	if cfg := parse(t, example); len(cfg.Connections) != 2 {
		t.Errorf("the example has %d connections, want 2", len(cfg.Connections))
	}
}

// Every known key is read: testdata/same/all.toml sets each to something else than its
// default, and TestLoad_threeFormats checks each result. Here: that it does set them.
func TestDocs_everyKeyIsTested(t *testing.T) {
	t.Parallel()
	all, err := os.ReadFile("testdata/same/all.toml")
	if err != nil {
		t.Fatal(err)
	}
	others, err := os.ReadFile("environ_test.go") // the aliases
	if err != nil {
		t.Fatal(err)
	}
	text := string(all) + string(others)
	for heading, keys := range config.KeyTables() {
		for _, k := range keys {
			name, _, _ := strings.Cut(strings.Trim(k.Row(), "`"), "`")
			if !strings.Contains(text, name+" = ") && !strings.Contains(text, "."+name+"]") {
				t.Errorf("%s: no test sets %s", heading, name)
			}
		}
	}
}
