package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/docs/figures"
)

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "sampling.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every configuration of the page loads.
func TestConfigurationsOfThePageLoad(t *testing.T) {
	t.Parallel()
	blocks := strings.Split(page(t), "```toml\n")[1:]
	if len(blocks) != 6 {
		t.Errorf("%d blocks, want 6", len(blocks))
	}
	for i, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		if _, err := config.Parse([]byte(block), "toml"); err != nil {
			t.Errorf("block %d: %v", i, err)
		}
	}
}

// The table says of each span what greptime, the second connection, decides.
func TestTableOfThePage(t *testing.T) {
	t.Parallel()
	verdicts, err := runTrace(connections(), trace.SpanContext{})
	if err != nil {
		t.Fatal(err)
	}
	text := page(t)
	for _, st := range theTrace() {
		v := verdicts[st.name][1]
		by := v.Reason.String()
		if v.Rule >= 0 {
			by = fmt.Sprintf("rules[%d]", v.Rule)
		}
		if row := fmt.Sprintf("| `%s` | %s |", st.name, by); !strings.Contains(text, row) {
			t.Errorf("the page has no row %q", row)
		}
	}
	for name := range mustPictures(t) {
		if !strings.Contains(text, "](img/"+name+")") {
			t.Errorf("the page doesn't show %s", name)
		}
	}
}

func mustPictures(t *testing.T) map[string]string {
	t.Helper()
	all, err := samplingPictures()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// docs/benchmarks.md shows each picture of a growth.
func TestBenchmarksShowEveryGrowth(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "benchmarks.md"))
	if err != nil {
		t.Fatal(err)
	}
	run, err := figures.Committed()
	if err != nil {
		t.Fatal(err)
	}
	for name := range drawGrowths(run.Growth) {
		if !strings.Contains(string(text), "](img/"+name+")") {
			t.Errorf("docs/benchmarks.md doesn't show %s", name)
		}
	}
}
