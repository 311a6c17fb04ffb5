package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/test/ptytest"
)

// started is the program as a process of its own.
func started(t *testing.T, out *os.File, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append([]string{"TRACEHOOK_TEST_AS_PROGRAM=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, environ...)
	c.Stdout, c.Stderr = out, os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

// shown reads what is on the screen until want is.
func shown(t *testing.T, screen io.ReadCloser, want string) string {
	t.Helper()
	var all strings.Builder
	buf := make([]byte, 1<<16)
	giveUp := time.AfterFunc(time.Minute, func() { t.Errorf("the screen lacks %q", want); _ = screen.Close() })
	defer giveUp.Stop()
	for !strings.Contains(all.String(), want) {
		n, err := screen.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q, which lacks %q", err, all.String(), want)
		}
		all.Write(buf[:n])
	}
	return all.String()
}

// theEnd is what the screen shows when the program has ended.
const theEnd = "=== the end ==="

func TestTerminal(t *testing.T) {
	t.Parallel()
	path := corpus(t, "json")
	for _, test := range []struct {
		name    string
		args    []string
		columns uint16
		environ []string
		color   bool
	}{
		{"ls", []string{"ls", path}, 80, []string{"TERM=xterm"}, true},
		{"ls, narrow", []string{"ls", path}, 62, []string{"TERM=xterm"}, true},
		{"ls, narrower than can be", []string{"ls", path}, 5, []string{"TERM=xterm"}, true},
		{"ls with NO_COLOR", []string{"ls", path}, 100, []string{"TERM=xterm", "NO_COLOR=1"}, false},
		{"ls in a dumb terminal", []string{"ls", path}, 100, []string{"TERM=dumb"}, false},
		{"trees", []string{"ls", path, "--trees"}, 90, []string{"TERM=xterm"}, true},
		{"show", []string{"show", "ab000000000000000000000000000002", path}, 70, []string{"TERM=xterm"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			screen, process := ptytest.Open(t, test.columns)
			c := started(t, process, test.environ, test.args...)
			ended := make(chan error, 1)
			go func() {
				ended <- c.Wait()
				_, _ = io.WriteString(process, theEnd)
			}()
			text, _, _ := strings.Cut(shown(t, screen, theEnd), theEnd)
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if strings.Count(text, "\n") < 2 {
				t.Errorf("it shows %q", text)
			}
			if got := strings.Contains(text, "\x1b[31m"); got != test.color {
				t.Errorf("color: %v in %q", got, text)
			}
			width := max(int(test.columns), narrowest)
			for line := range strings.Lines(strings.ReplaceAll(text, "\r", "")) {
				line = regexp.MustCompile("\x1b\\[[0-9;]*m|\n").ReplaceAllString(line, "")
				if n := len([]rune(line)); n > max(width, 60) && !strings.Contains(line, "✗") && !strings.Contains(line, "…") {
					t.Errorf("a line of %d letters in a terminal of %d: %q", n, width, line)
				}
			}
		})
	}
}

// Lines are as wide as the window is when they are written.
func TestResize(t *testing.T) {
	t.Parallel()
	lines := strings.SplitAfter(encoded(t, "json", spanOfLongName(), spanOfLongName()), "\n")
	path := write(t, "trace.jsonl", "")
	screen, process := ptytest.Open(t, 60)
	c := started(t, process, []string{"TERM=xterm"}, "tail", path, "--from-start")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for i, columns := range []uint16{60, 100} {
		ptytest.Resize(t, screen, columns)
		if _, err := io.WriteString(f, lines[i]); err != nil {
			t.Fatal(err)
		}
		line, _, _ := strings.Cut(shown(t, screen, "\n"), "\r")
		if n := len([]rune(line)); n != int(columns) {
			t.Errorf("%d letters in a window of %d: %q", n, columns, line)
		}
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("after an interrupt: %v", err)
	}
}

// A reader that has seen enough, as head has, is no reason for a message.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	var content strings.Builder
	for range 5000 {
		content.WriteString(encoded(t, "json", spanOfLongName()))
	}
	path := write(t, "trace.jsonl", content.String())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "ls", path)
	c.Env = []string{"TRACEHOOK_TEST_AS_PROGRAM=1"}
	var said strings.Builder
	c.Stdout, c.Stderr = w, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case err := <-done:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || said.Len() > 0 {
			t.Errorf("%v, %q", err, said.String())
		}
	case <-time.After(time.Minute):
		t.Error("it goes on writing to nobody")
	}
}
