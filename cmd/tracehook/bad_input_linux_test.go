package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tracehook/tracehook/internal/query/querytest"
	"github.com/tracehook/tracehook/test/ptytest"
)

// mostMemory is what a command may take, in bytes, whatever it is given: a record of 16 MiB is decoded
// in it.
const mostMemory = 400 << 20

// Each command ends with one sentence and the right code, at the end of a pipe and in a terminal, whatever
// it is given, and takes a bounded amount of memory.
func TestEveryCommandOnBadInput(t *testing.T) {
	t.Parallel()
	good := encoded(t, "otlp", querytest.Spans()...)
	sparse := write(t, "sparse.jsonl", "")
	if err := os.Truncate(sparse, 1<<30); err != nil {
		t.Fatal(err)
	}
	config := write(t, "trace.toml", "[trace.a]\ndriver = \"otlp\"\n")
	inputs := map[string]string{
		"missing": filepath.Join(t.TempDir(), "none"), "empty": write(t, "x.jsonl", ""), "binary": write(t, "x.jsonl", "\x7fELF\x00\x01\n\x00\xff\x1b[2J"),
		"truncated": write(t, "x.jsonl", good[:len(good)-40]), "1 GB of nothing": sparse, "a directory": t.TempDir(),
	}
	commands := map[string][]string{
		"check": {"check", "IN"}, "explain": {"explain", "IN", "--name", "x"}, "ls": {"ls", "IN"}, "trees": {"ls", "IN", "--trees", "-q", "status:error"},
		"tail": {"tail", "IN", "--from-start", "--for", "300ms"}, "show": {"show", "4bf92f35", "IN"}, "plan": {"plan", config, config, "IN"},
		"plan of": {"plan", "IN", config, write(t, "good.jsonl", good)}, "replay": {"replay", "IN", "--to", "http://127.0.0.1:1", "--patience", "10ms"},
		"dead ls": {"dead", "ls", "IN"}, "dead requeue": {"dead", "requeue", "IN"}, "dead drop": {"dead", "drop", "IN"}, "schema": {"schema"},
	}
	for name, args := range commands {
		for kind, path := range inputs {
			var filled []string
			for _, arg := range args {
				filled = append(filled, strings.ReplaceAll(arg, "IN", path))
			}
			t.Run(name+" of "+kind, func(t *testing.T) {
				t.Parallel()
				var said bytes.Buffer
				c := exec.CommandContext(t.Context(), os.Args[0], filled...)
				c.Env = []string{"TRACEHOOK_TEST_AS_PROGRAM=1", "HOME=" + t.TempDir()}
				var out bytes.Buffer
				c.Stdout, c.Stderr = &out, &said
				screen, process := ptytest.Open(t, 100)
				if len(name)%2 == 0 { // half of them write to a terminal
					c.Stdout = process
					go func() { _, _ = out.ReadFrom(screen) }()
				}
				_ = c.Run()
				code, text := c.ProcessState.ExitCode(), said.String()
				if code != fine && code != problem {
					t.Errorf("code %d: %s", code, text)
				}
				if code == problem && len(text) == 0 && name != "check" {
					t.Error("it says nothing")
				}
				if lines := strings.Count(text, "\n"); lines > 3 || strings.Contains(text, "goroutine") || strings.Contains(text, "panic") || strings.Contains(text, "\x1b[2J") {
					t.Errorf("%d lines: %.2000q", lines, text)
				}
				if use, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok && use.Maxrss<<10 > mostMemory {
					t.Errorf("it took %d MB", use.Maxrss>>10)
				}
			})
		}
	}
}
