//go:build unix

package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/page"
	"github.com/tracehook/tracehook/internal/query/querytest"
	"github.com/tracehook/tracehook/test/otlptest"
)

var update = flag.Bool("update", false, "write what the commands of docs/command.md print into it")

// What differs from run to run: the name of a batch in a spool, its size, when it was written and refused.
var (
	batchFile = regexp.MustCompile(`dead/\S+(  \d+ spans  )\S+ \w+  [\d-]+ [\d:]+`)
	refusedAt = regexp.MustCompile(`(?m)^  \d{4}-\S+Z connection`)
)

// console runs the commands of a document in a copy of testdata/shop, with servers at the addresses that
// they name.
type console struct {
	dir, bin string
	servers  *strings.Replacer // in a command
	names    *strings.Replacer // in what it prints
}

func newConsole(t *testing.T) *console {
	t.Helper()
	c := &console{dir: t.TempDir(), bin: t.TempDir()}
	if err := os.CopyFS(c.dir, os.DirFS("testdata/shop")); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(c.bin, "tracehook")); err != nil {
		t.Fatal(err)
	}
	spoolInto(t, filepath.Join(c.dir, "spool"), delivery.Refused, querytest.Spans()[:2]...)
	live, err := page.New(t.Context(), page.WithListen("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = live.Shutdown(t.Context()) })
	if err := live.ExportSpans(t.Context(), querytest.Spans()); err != nil {
		t.Fatal(err)
	}
	backend := otlptest.NewHTTP(t)
	c.servers = strings.NewReplacer("http://127.0.0.1:16600/", live.Address(), "http://127.0.0.1:4318", "http://"+backend.Address())
	c.names = strings.NewReplacer(live.Address(), "http://127.0.0.1:16600/", backend.Address(), "127.0.0.1:4318")
	return c
}

// prints runs one command line and returns what it prints.
func (c *console) prints(t *testing.T, line string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", c.servers.Replace(line))
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "PATH="+c.bin+":"+os.Getenv("PATH"), "TZ=UTC", "TRACEHOOK_TEST_AS_PROGRAM=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // the document says what it ends with
	text := c.names.Replace(strings.ReplaceAll(out.String(), "\r\n", "\n"))
	text = batchFile.ReplaceAllString(text, "dead/BATCH${1}SIZE  DATE TIME")
	return refusedAt.ReplaceAllString(text, "  TIME connection")
}

// Each command of docs/command.md prints what stands below it.
func TestTheDocumentPrintsWhatTheCommandPrints(t *testing.T) {
	t.Parallel()
	const path = "../../docs/command.md"
	document, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := newConsole(t)
	var got strings.Builder
	inside, commands := false, 0
	for line := range strings.Lines(string(document)) {
		switch {
		case line == "```console\n":
			inside = true
		case line == "```\n":
			inside = false
		case inside && strings.HasPrefix(line, "$ "):
			commands++
			got.WriteString(line + c.prints(t, line[2:]))
			continue
		case inside:
			continue // what it printed when the document was written
		}
		got.WriteString(line)
	}
	if commands < 15 {
		t.Errorf("only %d commands were found", commands)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(document), got.String()); diff != "" {
		t.Errorf("run with -update, and look at the difference (-document +printed):\n%s", diff)
	}
}

// Each term of the table of the query language is one.
func TestTheDocumentsTermsAreUnderstood(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/command.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(document), "| term | finds |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	terms := 0
	for row := range strings.Lines(table) {
		for i, term := range strings.Split(strings.Split(row, " | ")[0], "`") {
			if i%2 == 0 {
				continue
			}
			terms++
			if r := tracehook(t, "", "ls", "testdata/shop/recorded.jsonl", "--query="+term); r.code != fine || r.err != "" || r.out == "" {
				t.Errorf("%s finds nothing: %+v", term, r)
			}
		}
	}
	if terms < 15 {
		t.Errorf("only %d terms were found", terms)
	}
}

// Each call of the command that a page names in passing is one that it understands.
func TestTheCommandsOfDocumentsAreUnderstood(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, path := range append(pages, "../../README.md", "../../README.zh.md") {
		document, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`tracehook ([^`]+)`").FindAllStringSubmatch(string(document), -1) {
			calls++
			words := strings.Fields(strings.ReplaceAll(m[1], "COMMAND", "ls"))
			c, rest, err := (&program{}).root().Find(words)
			if err == nil && !c.HasParent() {
				err = errors.New("no such command")
			}
			if err == nil && !slices.Contains(rest, "--help") {
				err = c.ParseFlags(rest)
			}
			if err != nil {
				t.Errorf("%s: tracehook %s: %v", path, m[1], err)
			}
		}
	}
	if calls < 10 {
		t.Errorf("only %d calls were found", calls)
	}
}
