package otelbridge_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

var lintNote = regexp.MustCompile(` //nolint:.*`)

// The program text in a document is that of an example, which compiles and runs.
func TestDocs_programs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ doc, about, example string }{
		{"config.md", "config.Watch", "example_watch_test.go"},
		{"operating.md", "signal.NotifyContext", "example_operate_test.go"},
		{"troubleshooting.md", "bridge.Stats", "example_account_test.go"},
	} {
		doc, err := os.ReadFile("../docs/" + tt.doc)
		if err != nil {
			t.Fatal(err)
		}
		example, err := os.ReadFile(tt.example)
		if err != nil {
			t.Fatal(err)
		}
		example = lintNote.ReplaceAll(example, nil)
		found := false
		for _, snippet := range blocks(string(doc), "go") {
			if !strings.Contains(snippet, tt.about) {
				continue
			}
			found = true
			rest := "\n" + string(example)
			for line := range strings.SplitSeq(strings.TrimSpace(snippet), "\n") {
				if line == "" {
					continue
				}
				_, behind, ok := strings.Cut(rest, "\n\t"+line+"\n")
				if !ok {
					t.Errorf("%s doesn't have, or not in this order: %s", tt.example, line)
					continue
				}
				rest = "\n" + behind
			}
		}
		if !found {
			t.Errorf("%s has no program text about %s", tt.doc, tt.about)
		}
	}
}

// blocks returns the blocks of a language in a document.
func blocks(doc, language string) []string {
	parts := strings.Split(strings.ReplaceAll(doc, "\r\n", "\n"), "```"+language+"\n")
	all := make([]string, 0, len(parts))
	for _, part := range parts[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		all = append(all, block)
	}
	return all
}

// Each configuration in the documents is right on a machine that has what it names.
func TestDocs_configurations(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range append(files, "../README.md") {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range blocks(string(doc), "toml") {
			n++
			cfg, err := config.Parse([]byte(block), "toml", config.WithEnviron(nil), config.WithUnknown())
			if err == nil {
				err = otelbridge.Check(cfg)
			}
			if err == nil {
				continue
			}
			problems, _ := errors.AsType[config.Problems](err)
			for _, p := range problems {
				if !strings.HasPrefix(p.Message, "unknown driver") { // it is the reader's own
					t.Errorf("%s: %v in\n%s", file, p, block)
				}
			}
		}
	}
	const least = 15
	if n < least {
		t.Errorf("%d configurations, want at least %d", n, least)
	}
}
