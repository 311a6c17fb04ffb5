package console_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
)

// terminal returns the two ends of a pseudo-terminal of that many columns.
func terminal(t *testing.T, columns uint16) (screen, process *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	fd := int(screen.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("the pseudo-terminal stays locked: %v", err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Skipf("the pseudo-terminal has no number: %v", err)
	}
	process, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	t.Cleanup(func() { _ = process.Close() })
	resize(t, screen, columns)
	return screen, process
}

func resize(t *testing.T, screen *os.File, columns uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
}

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
			screen, process := terminal(t, 70)
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
	screen, process := terminal(t, 64)
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
	resize(t, screen, 140)
	if got := longest(); got <= 64 || got > 140 {
		t.Errorf("after the window became 140 cells wide, the longest line has %d", got)
	}
}
