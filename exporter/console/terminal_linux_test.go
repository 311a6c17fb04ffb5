package console_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/test/ptytest"
)

func shown(t *testing.T, screen *os.File) string {
	t.Helper()
	buf := make([]byte, 1<<16)
	n, err := screen.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// Not parallel: it changes the environment.
func TestTreeOnATerminal(t *testing.T) {
	tests := []struct {
		name, noColor, term string
		want                bool
	}{
		{"a terminal has colors", "", "xterm", true},
		{"NO_COLOR", "1", "xterm", false},
		{"a dumb terminal", "", "dumb", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", test.noColor)
			t.Setenv("TERM", test.term)
			screen, process := ptytest.Open(t, 70)
			e := fresh(t, exporter.Settings{Format: "tree", Stdout: process})
			if err := e.ExportSpans(t.Context(), exportertest.Spans()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(shown(t, screen), "\x1b[31m"); got != test.want {
				t.Errorf("errors are red: %v, want %v", got, test.want)
			}
		})
	}
}

func TestTreeFollowsTheWindow(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	screen, process := ptytest.Open(t, 64)
	e := fresh(t, exporter.Settings{Format: "tree", Stdout: process})
	longest := func() int {
		if err := e.ExportSpans(t.Context(), exportertest.Spans()); err != nil {
			t.Fatal(err)
		}
		longest := 0
		for line := range strings.SplitSeq(shown(t, screen), "\n") {
			if strings.Contains(line, "━") {
				longest = max(longest, len([]rune(strings.TrimSpace(line))))
			}
		}
		return longest
	}
	if got := longest(); got > 64 {
		t.Errorf("a line of %d cells in a window of 64", got)
	}
	ptytest.Resize(t, screen, 140)
	if got := longest(); got <= 64 || got > 140 {
		t.Errorf("after the window became 140 cells wide, the longest line has %d", got)
	}
}
