package otelbridge_test

import (
	"os"
	"strings"
	"testing"
)

// The program text in docs/config.md is that of an example, which compiles and runs.
func TestDocs_watch(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_watch_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, snippet, found := strings.Cut(string(doc), "```go\n")
	snippet, _, _ = strings.Cut(snippet, "```")
	if !found || !strings.Contains(snippet, "config.Watch") {
		t.Fatal("docs/config.md has no program text about config.Watch")
	}
	rest := string(example)
	for line := range strings.SplitSeq(strings.TrimSpace(snippet), "\n") {
		_, behind, found := strings.Cut(rest, "\n\t"+line+"\n")
		if !found {
			t.Errorf("example_watch_test.go doesn't have, or not in this order: %s", line)
			continue
		}
		rest = "\n" + behind
	}
}
