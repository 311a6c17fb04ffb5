package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// line is what the quickstart's file says of a span.
type line struct {
	Trace string `json:"trace_id"`
	Span  string `json:"span_id"`
	Name  string `json:"name"`
}

// build compiles the program as a user would.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "quickstart")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// answered returns the number that the program prints.
func answered(t *testing.T, out string) int {
	t.Helper()
	m := regexp.MustCompile(`(\d+) requests answered`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no count of requests in:\n%s", out)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// names counts the spans of the file by name and fails if one is there twice.
func names(t *testing.T, path string) map[string]int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	counts, seen := map[string]int{}, map[string]bool{}
	for text := range strings.Lines(string(data)) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("not a JSON line: %q", text)
		}
		if seen[l.Span] {
			t.Errorf("span %s is in the file twice", l.Span)
		}
		seen[l.Span] = true
		counts[l.Name]++
	}
	return counts
}

func TestSignalsFlushBeforeTheExit(t *testing.T) {
	t.Parallel()
	bin := build(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), bin, "-forever")
			cmd.Dir = dir
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, os.Stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitForSpans(t, filepath.Join(dir, "store/trace/quickstart.log"))
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			checkFile(t, dir, answered(t, out.String()))
		})
	}
}

// waitForSpans returns when the file has something: the service is under load then.
func waitForSpans(t *testing.T, path string) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("nothing was written in 30 s")
		}
	}
}

// checkFile compares the file with what the requests must have left: each answered one has
// a client's, a server's, a handler's and a query's span and one event.
func checkFile(t *testing.T, dir string, requests int) {
	t.Helper()
	counts := names(t, filepath.Join(dir, "store/trace/quickstart.log"))
	if requests == 0 {
		t.Fatal("no request was answered: the test shows nothing")
	}
	for _, name := range []string{"HTTP GET", "GET /login", "service:user.login", "db.query.users"} {
		if counts[name] != requests {
			t.Errorf("%d requests, but %d spans %q", requests, counts[name], name)
		}
	}
	if n := counts["user.login.validated"] + counts["user.login.failed"]; n != requests {
		t.Errorf("%d requests, but %d events", requests, n)
	}
}

func TestARunEndsByItself(t *testing.T) {
	t.Parallel()
	bin, dir := build(t), t.TempDir()
	cmd := exec.CommandContext(t.Context(), bin)
	cmd.Dir = dir
	start := time.Now()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > time.Minute { // one or two, unless the machine is busy
		t.Errorf("it took %s", d)
	}
	if n := answered(t, string(out)); n != 12 {
		t.Errorf("%d requests answered, want 12", n)
	}
	checkFile(t, dir, 12)
	if !strings.Contains(string(out), "store/trace/quickstart.log") {
		t.Error("it doesn't say where the file is")
	}
}

// Every trace on the console is whole, and every request that failed is there. On a busy machine a
// span may come so late that its trace is drawn in two parts; most are drawn at once all the same.
func TestTheConsoleHasNoFragments(t *testing.T) {
	t.Parallel()
	bin, dir := build(t), t.TempDir()
	cmd := exec.CommandContext(t.Context(), bin, "-requests", "100")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	drawn, fragments := map[string]int{}, 0
	for _, m := range regexp.MustCompile(`(?m)^trace ([0-9a-f]{32}) (\(continued\))? *(\d+) spans?`).FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.Atoi(m[3])
		if err != nil {
			t.Fatal(err)
		}
		if drawn[m[1]] += n; m[2] != "" {
			fragments++
		}
	}
	for id, n := range drawn {
		if n != 5 {
			t.Errorf("trace %s has %d spans, want 5", id, n)
		}
	}
	if fragments > len(drawn)/5 || strings.Count(string(out), "not here") > fragments {
		t.Errorf("%d of %d traces are drawn in parts:\n%s", fragments, len(drawn), out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "store/trace/quickstart.log"))
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for text := range strings.Lines(string(data)) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		if l.Name == "user.login.failed" {
			if failed++; drawn[l.Trace] == 0 {
				t.Errorf("trace %s failed and isn't drawn", l.Trace)
			}
		}
	}
	if failed == 0 || len(drawn) < 20 || len(drawn) > 95 {
		t.Errorf("%d of 100 traces are drawn, %d failed", len(drawn), failed)
	}
}
