package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/page"
	"github.com/tracehook/tracehook/internal/query/querytest"
)

// numbers returns the last digit of the id of each span of JSON lines.
func numbers(t *testing.T, lines string) string {
	t.Helper()
	var all strings.Builder
	for line := range strings.Lines(lines) {
		var s struct {
			SpanID string `json:"span_id"`
		}
		if err := json.Unmarshal([]byte(line), &s); err != nil || len(s.SpanID) != 16 {
			t.Fatalf("%q: %v", line, err)
		}
		all.WriteByte(s.SpanID[15])
	}
	return all.String()
}

// The command gives the answers of the table, whatever holds the spans.
func TestQueries(t *testing.T) {
	t.Parallel()
	server, err := page.New(t.Context(), page.WithListen("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown(t.Context()) }()
	if err := server.ExportSpans(t.Context(), querytest.Spans()); err != nil {
		t.Fatal(err)
	}
	for name, where := range map[string]string{"JSON": corpus(t, "json"), "OTLP": corpus(t, "otlp"), "a live page": server.Address()} {
		for _, c := range querytest.Cases() {
			if strings.Contains(c.Query, "\xff") || strings.Contains(c.Query, "retry after") && name == "" {
				continue
			}
			r := tracehook(t, "", "ls", where, "--json", "--query="+c.Query)
			if got := numbers(t, r.out); got != c.Want || r.code != fine || r.err != "" {
				t.Errorf("%s: %s finds %q, want %q; code %d, %s", name, c.Query, got, c.Want, r.code, r.err)
			}
		}
	}
}

func TestBadQueriesAreTold(t *testing.T) {
	t.Parallel()
	path := corpus(t, "json")
	for _, c := range querytest.BadQueries() {
		r := tracehook(t, "", "ls", path, "--query="+c.Query)
		if r.code != misusage || r.out != "" || !strings.Contains(r.err, c.Problem) || !strings.Contains(r.err, "^") {
			t.Errorf("%.40q: code %d, %q", c.Query, r.code, r.err)
		}
	}
}

// What is no file of spans is told in a sentence, with the right code.
func TestFilesThatAreNotOfOurs(t *testing.T) {
	t.Parallel()
	good := encoded(t, "json", querytest.Spans()...)
	var zip bytes.Buffer
	w := gzip.NewWriter(&zip)
	_, _ = w.Write([]byte(good))
	_ = w.Close()
	sparse := write(t, "sparse.jsonl", "")
	if err := os.Truncate(sparse, 1<<30); err != nil {
		t.Fatal(err)
	}
	secret := write(t, "secret.jsonl", good)
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	_, unreadable := os.ReadFile(secret)
	type test struct {
		name, path string
		code       int
		found      int
		says       string // a part of it; "" for nothing
	}
	tests := []test{
		{"missing", filepath.Join(t.TempDir(), "none.jsonl"), problem, 0, "there is no such file"},
		{"empty", write(t, "trace.jsonl", ""), fine, 0, ""},
		{"blank", write(t, "trace.jsonl", "\n\n \n"), fine, 0, ""},
		{"text", write(t, "trace.log", "2026-03-04 hello\nworld\n"), problem, 0, "trace.log:1: that is no span"},
		{"binary", write(t, "trace.bin", "\x7fELF\x00\x01\x02\n\x00\xff"), problem, 0, "that is no span"},
		{"JSON of another program", write(t, "trace.jsonl", `{"level":"info","msg":"hello"}`+"\n"), problem, 0, "that is no span"},
		{"a JSON list", write(t, "trace.jsonl", "[1,2]\n"), problem, 0, "that is no span"},
		{"half a line at the end", write(t, "trace.jsonl", good[:len(good)-100]), fine, 7, "was left out"},
		{"half a line within", write(t, "trace.jsonl", good[:100]+"\n"+good), problem, 8, "1 of the records can't be read"},
		{"a torn compressed file", write(t, "trace.gz", zip.String()[:zip.Len()-20]), problem, -1, "trace.gz"},
		{"no compressed file", write(t, "trace.gz", good), problem, 0, "not a gzip file"},
		{"1 GB of nothing", sparse, problem, 0, "too long"},
		{"other versions", write(t, "trace.jsonl", strings.ReplaceAll(good, `"status"`, `"new_field":{"a":[1]},"status"`)), fine, 8, ""},
	}
	if unreadable != nil {
		tests = append(tests, test{"not ours to read", secret, problem, 0, "permission denied"})
	}
	for _, test := range tests {
		r := tracehook(t, "", "ls", test.path)
		found := strings.Count(r.out, "\n")
		if r.code != test.code || test.found >= 0 && found != test.found || !strings.Contains(r.err, test.says) || test.says == "" && r.err != "" {
			t.Errorf("%s: code %d, %d spans, %q", test.name, r.code, found, r.err)
		}
		if strings.Count(r.err, "\n") > 1 || strings.Contains(r.err, "goroutine") {
			t.Errorf("%s: want one sentence, have %q", test.name, r.err)
		}
	}
}

func TestStandardInput(t *testing.T) {
	t.Parallel()
	good := encoded(t, "otlp", querytest.Spans()...)
	if r := tracehook(t, good, "ls", "-", "-q", "timed", "--json"); numbers(t, r.out) != "6" {
		t.Errorf("%+v", r)
	}
	var zip bytes.Buffer
	w := gzip.NewWriter(&zip)
	_, _ = w.Write([]byte(good))
	_ = w.Close()
	if r := tracehook(t, zip.String(), "ls", "-", "--json"); numbers(t, r.out) != "12345678" {
		t.Errorf("compressed: %+v", r)
	}
	if r := tracehook(t, good, "ls", "-", "--trees"); strings.Count(r.out, "trace ") != 3 || r.code != fine {
		t.Errorf("trees: %+v", r)
	}
	if r := tracehook(t, good, "ls", "-", "--trees", "-q", "x"); r.code != misusage {
		t.Errorf("trees with a query: %+v", r)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	path := corpus(t, "json")
	r := tracehook(t, "", "ls", path, "-q", "timed")
	for _, want := range []string{"✗", "1.5s", "ab000000", "cart", "Ärger (*) \"5\"", "error: Upstream timed out", "http.route=/login"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the line lacks %q: %s", want, r.out)
		}
	}
	if strings.Contains(r.out, "\x1b") {
		t.Errorf("a pipe gets colors: %q", r.out)
	}
	for _, width := range []int{40, 80} {
		r := inTerminal(t, width, "", "ls", path)
		for line := range strings.Lines(r.out) {
			if n := len([]rune(strings.NewReplacer("\x1b[31m", "", "\x1b[0m", "", "\n", "").Replace(line))); n > width {
				t.Errorf("a line of %d letters in a terminal of %d: %q", n, width, line)
			}
		}
		if !strings.Contains(r.out, "\x1b[31m") {
			t.Error("errors have no color in a terminal")
		}
	}
	for _, bad := range []string{"\u202e", "\n2026-01-01", "\x00"} {
		if strings.Contains(tracehook(t, "", "ls", path).out, bad) {
			t.Errorf("%q is in the output as it is", bad)
		}
	}
}

func TestTrees(t *testing.T) {
	t.Parallel()
	path := corpus(t, "otlp")
	r := tracehook(t, "", "ls", path, "--trees", "-q", "SELECT")
	if strings.Count(r.out, "trace ") != 1 || !strings.Contains(r.out, "GET /users/{id}") || !strings.Contains(r.out, "connection reset") {
		t.Errorf("trees: %s", r.out)
	}
	for _, id := range []string{"4bf92f35", "4BF92F3577B34DA6A3CE929D0E0E4736", "00f067aa0ba90203"} {
		if shown := tracehook(t, "", "show", id, path); shown.out != r.out || shown.code != fine {
			t.Errorf("show %s: %+v", id, shown)
		}
	}
	if r := tracehook(t, "", "show", "4bf92f35", path, "--json"); numbers(t, r.out) != "1234" {
		t.Errorf("show --json: %+v", r)
	}
	for id, code := range map[string]int{"ffff": problem, "xyz1": misusage, "4b": misusage, strings.Repeat("0", 33): misusage} {
		if r := tracehook(t, "", "show", id, path); r.code != code || r.out != "" || r.err == "" {
			t.Errorf("show %s: %+v", id, r)
		}
	}
}

func TestFailOn(t *testing.T) {
	t.Parallel()
	path := corpus(t, "json")
	for query, code := range map[string]int{"status:error": problem, "nothing": fine, ")": misusage} {
		if r := tracehook(t, "", "ls", path, "--fail-on", query); r.code != code {
			t.Errorf("--fail-on %s: %+v", query, r)
		}
	}
	if r := tracehook(t, "", "ls", path, "-q", "service:shop", "--fail-on", "service:cart"); r.code != fine {
		t.Errorf("only what is listed fails: %+v", r)
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"nonsense"},
		{"ls"},
		{"ls", "--nonsense", "x"},
		{"show", "4bf9"},
		{"tail"},
		{"tail", "a", "b"},
		{"explain"},
		{"check"},
		{"explain", "x.toml"},
		{"explain", "x.toml", "--name", "a", "--attr", "b"},
	} {
		if r := tracehook(t, "", args...); r.code != misusage || r.out != "" || !strings.Contains(r.err, "see tracehook") || !strings.Contains(r.err, " --help\n") {
			t.Errorf("%q: %+v", args, r)
		}
	}
	for _, args := range [][]string{nil, {"--help"}, {"help", "ls"}, {"--version"}, {"completion", "bash"}} {
		if r := tracehook(t, "", args...); r.code != fine || r.out == "" || r.err != "" {
			t.Errorf("%q: code %d, %q", args, r.code, r.err)
		}
	}
}

// A page that isn't one, doesn't answer, or wants its token.
func TestPagesThatDontAnswer(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef"
	server, err := page.New(t.Context(), page.WithListen("127.0.0.1:0"), page.WithToken(token))
	if err != nil {
		t.Fatal(err)
	}
	if err := server.ExportSpans(t.Context(), querytest.Spans()); err != nil {
		t.Fatal(err)
	}
	if r := tracehook(t, "", "ls", server.Address()); r.code != problem || !strings.Contains(r.err, "--token-file") {
		t.Errorf("without a token: %+v", r)
	}
	file := write(t, "token", token+"\n")
	if r := tracehook(t, "", "ls", server.Address(), "--token-file", file); r.code != fine || strings.Count(r.out, "\n") != 8 {
		t.Errorf("with the token: %+v", r)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := tracehook(t, "", "ls", server.Address()); r.code != problem || !strings.Contains(r.err, "doesn't answer") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("a page that has ended: %+v", r)
	}
}
