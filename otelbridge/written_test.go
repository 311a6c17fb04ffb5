package otelbridge_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

var update = flag.Bool("update", false, "write what is expected into testdata/written")

// written is one case of testdata/written: a line "### NAME FORMAT [here|any] [VARIABLE=VALUE|...]",
// a file, a line "---", and what comes of it.
type writtenCase struct {
	head, name, format, mode string
	environ                  []string
	body, want               string
}

func readCases(t *testing.T, text string) []writtenCase {
	t.Helper()
	var cases []writtenCase
	for part := range strings.SplitSeq(text, "### ") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		head, rest, _ := strings.Cut(part, "\n")
		body, want, ok := strings.Cut(rest, "---\n")
		if !ok {
			t.Fatalf("case %q has no ---", head)
		}
		words, variables, _ := strings.Cut(head, " | ")
		c := writtenCase{head: head, body: body, want: strings.TrimRight(want, "\n")}
		fields := strings.Fields(words)
		c.name, c.format = fields[0], fields[1]
		if len(fields) > 2 {
			c.mode = fields[2]
		}
		for v := range strings.SplitSeq(variables, " | ") {
			if v != "" {
				c.environ = append(c.environ, v)
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// knownNames are lists that grow with each driver and key.
var knownNames = regexp.MustCompile(`(known are|\(known:)[^;)\n]*`)

// result says what comes of a case, in the words that a user reads.
func (c writtenCase) result(t *testing.T) string {
	t.Helper()
	check := otelbridge.Check
	opts := []config.Option{config.WithFile("f." + c.format), config.WithEnviron(func() []string { return c.environ })}
	switch c.mode {
	case "here":
		check = otelbridge.CheckHere
	case "any":
		opts = append(opts, config.WithoutMachine())
	}
	opts = append(opts, config.WithCheck(func(cfg config.Config) error { return check(cfg) }))
	cfg, err := config.Parse([]byte(c.body), c.format, opts...)
	if err != nil {
		problems, ok := errors.AsType[config.Problems](err)
		if !ok || len(problems) == 0 {
			t.Errorf("%s: the error is no Problems: %v", c.name, err)
		}
		return knownNames.ReplaceAllString(err.Error(), "$1 ...")
	}
	var b strings.Builder
	b.WriteString("ok")
	for _, conn := range cfg.Connections {
		fmt.Fprintf(&b, " %s=%s", conn.Name, conn.Driver)
		if conn.Sample.Rate != 1 {
			fmt.Fprintf(&b, "(%v)", conn.Sample.Rate)
		}
	}
	for _, w := range cfg.Warnings {
		fmt.Fprintf(&b, "\nnote: %v", w)
	}
	return b.String()
}

// Every file of testdata/written, right or wrong, gives what is written down beside it, with
// everything that is wrong at once. Run with -update to write it down anew, and read it.
func TestWhatIsWrittenGivesWhatIsExpected(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/written/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, c := range readCases(t, string(data)) {
			total++
			got := c.result(t)
			fmt.Fprintf(&out, "### %s\n%s---\n%s\n\n", c.head, c.body, got)
			if strings.Contains(got, "hunter2") {
				t.Errorf("%s: shows a secret:\n%s", c.name, got)
			}
			if diff := cmp.Diff(c.want, got); diff != "" && !*update {
				t.Errorf("%s %s (-want +got):\n%s", filepath.Base(file), c.name, diff)
			}
		}
		if *update {
			if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	const least = 120
	if total < least {
		t.Errorf("%d cases, want at least %d", total, least)
	}
}

// What CheckHere accepts, New builds: every right file of testdata/written, in an empty directory.
//
// It changes the working directory.
func TestWhatCheckHereAcceptsIsBuilt(t *testing.T) {
	files, err := filepath.Glob("testdata/written/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	configs := make(map[string]config.Config)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range readCases(t, string(data)) {
			cfg, err := config.Parse([]byte(c.body), c.format, config.WithEnviron(func() []string { return c.environ }))
			if err == nil {
				configs[filepath.Base(file)+" "+c.head] = cfg
			}
		}
	}
	t.Chdir(t.TempDir())
	built := 0
	for name, cfg := range configs {
		if otelbridge.CheckHere(cfg) != nil {
			continue
		}
		bridge, err := otelbridge.New(t.Context(), cfg, otelbridge.WithOutput(io.Discard, io.Discard))
		if err != nil {
			t.Errorf("%s: CheckHere accepts it, and New refuses it: %v", name, err)
			continue
		}
		built++
		if err := bridge.Shutdown(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	const least = 50
	if built < least {
		t.Errorf("%d of %d were built, want at least %d", built, len(configs), least)
	}
}
