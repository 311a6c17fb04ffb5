package config_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/setting"
)

// documented are the sections of docs/config.md with a table of keys, and whose keys these are.
func documented() map[string]string {
	return map[string]string{
		"Keys of a connection": "trace", "Keys of `sample`": "trace.sample", "Keys of a rule": "trace.sample.rules[]",
		"Keys of `otel`": "otel", "Keys of `otel.limits`": "otel.limits", "Keys of `otel.traces`": "otel.traces", "Keys at the top": "",
	}
}

// standard writes a default as docs/config.md does; ok is false if it is not the reader's.
func standard(key setting.Key) (text string, ok bool) {
	switch value := key.Default.(type) {
	case string:
		return fmt.Sprintf("%q", value), value != ""
	case time.Duration:
		return fmt.Sprintf("%q", value.String()), value != 0
	case bool, int64, float64:
		text := fmt.Sprint(value)
		return text, text != "0" && text != "256" // of a batch: it depends on the buffer
	}
	return "", false
}

// docs/config.md has every key that is read, with its type and default, and no other; and its
// example loads.
func TestDocs(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.ReplaceAll(string(content), "\r\n", "\n")
	for heading, table := range documented() {
		_, section, found := strings.Cut(doc, "### "+heading+"\n")
		if !found {
			t.Errorf("no section %q", heading)
			continue
		}
		section, _, _ = strings.Cut(section, "\n#")
		rows := make(map[string][]string)
		for line := range strings.SplitSeq(section, "\n") {
			cells := strings.Split(strings.Trim(line, "| "), " | ")
			if len(cells) == 4 && cells[0] != "key" {
				rows[strings.Trim(cells[0], "`")] = cells
				if len(cells[2]) == 0 || len(cells[3]) < 5 {
					t.Errorf("%s has no default or no meaning", cells[0])
				}
			}
		}
		known := make(map[string]bool)
		for _, key := range config.Keys()[table] {
			if table == "" && key.Type == "table" {
				continue // a section of its own
			}
			for _, name := range key.Names {
				if known[name] {
					continue // the first reading counts
				}
				known[name] = true
				cells := rows[name]
				text, ok := standard(key)
				if cells == nil || cells[1] != key.Type || ok && strings.ReplaceAll(cells[2], "`", "") != text {
					t.Errorf("%s: %s is read as %s with the default %v, and documented as %q", heading, name, key.Type, key.Default, cells)
				}
			}
		}
		for name := range rows {
			if !known[name] {
				t.Errorf("%s: %s is documented, but not read", heading, name)
			}
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
	for heading, table := range documented() {
		for _, key := range config.Keys()[table] {
			for _, name := range key.Names {
				if !strings.Contains(text, name+" = ") && !strings.Contains(text, "."+name+"]") && !strings.Contains(text, "["+name+"]") {
					t.Errorf("%s: no test sets %s", heading, name)
				}
			}
		}
	}
}
