package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/internal/query/querytest"
)

// destination answers every attempt in one way.
type destination delivery.Outcome

func (d destination) Send(context.Context, delivery.Batch) delivery.Verdict {
	return delivery.Verdict{Outcome: delivery.Outcome(d), Err: errors.New("the destination said no")}
}
func (destination) Close() error { return nil }

// spooled is a directory of spools; that of the connection "backend" has a batch for each span.
func spooled(t *testing.T, answer delivery.Outcome, spans ...sdktrace.ReadOnlySpan) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "spool")
	spoolInto(t, dir, answer, spans...)
	return dir
}

func spoolInto(t *testing.T, dir string, answer delivery.Outcome, spans ...sdktrace.ReadOnlySpan) {
	t.Helper()
	sender := delivery.NewSender(destination(answer), delivery.Options{Once: true})
	s, err := spool.Open(t.Context(), sender, spool.Options{Dir: dir, Connection: "backend"})
	if err != nil {
		t.Fatal(err)
	}
	requests := encode.NewOTLPRequests(encode.OTLPOptions{}, false)
	for i := range spans {
		_ = s.Deliver(t.Context(), delivery.Batch{Body: requests.Encode(spans[i : i+1]), Spans: 1})
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Spools are read like files, whole or one batch of them, and so is what was refused.
func TestSpools(t *testing.T) {
	t.Parallel()
	waiting, dead := spooled(t, delivery.Retry, querytest.Spans()...), spooled(t, delivery.Refused, querytest.Spans()...)
	for name, dir := range map[string]string{"waiting": waiting, "of a connection": filepath.Join(waiting, "backend"), "dead": dead} {
		for _, c := range querytest.Cases() {
			if r := tracehook(t, "", "ls", dir, "--json", "--query="+c.Query); numbers(t, r.out) != c.Want || r.code != fine || r.err != "" {
				t.Errorf("%s: %s finds %q, want %q: %s", name, c.Query, numbers(t, r.out), c.Want, r.err)
			}
		}
		if r := tracehook(t, "", "show", "4bf92f35", dir); r.code != fine || !strings.Contains(r.out, "GET /users/{id}") {
			t.Errorf("%s: show: %+v", name, r)
		}
	}
	files, err := spool.StoredIn(dead)
	if err != nil || len(files) != 8 || !files[0].Dead || !strings.Contains(files[0].Reason, "said no") {
		t.Fatalf("%v %v", files, err)
	}
	if r := tracehook(t, "", "ls", files[2].Path, "--json"); numbers(t, r.out) != "3" {
		t.Errorf("one batch: %+v", r)
	}
	if err := os.Truncate(files[2].Path, 10); err != nil {
		t.Fatal(err)
	}
	if r := tracehook(t, "", "ls", dead, "--json"); numbers(t, r.out) != "1245678" || r.code != problem || !strings.Contains(r.err, "damaged") {
		t.Errorf("a damaged batch: %+v", r)
	}
}

// A directory is read with all below it; what else is there does no harm.
func TestDirectories(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spans := querytest.Spans()
	for path, content := range map[string]string{
		"a/trace.jsonl":           encoded(t, "json", spans[:2]...),
		"b/c/trace.jsonl":         encoded(t, "otlp", spans[2:4]...),
		"b/README":                "hello\n",
		".cache/x.jsonl":          encoded(t, "json", spans[7]),
		"trace.jsonl":             encoded(t, "json", spans[4:]...),
		"b/c/trace.jsonl.lock":    "1\n",
		"b/empty/trace.jsonl.tmp": "",
	} {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	r := tracehook(t, "", "ls", dir, "--json")
	if got := numbers(t, r.out); got != "56781234" || r.code != fine || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, "README:1") {
		t.Errorf("got %q, code %d, %q", got, r.code, r.err)
	}
	if r := tracehook(t, "", "show", "4bf92f35", dir, "--json"); numbers(t, r.out) != "1234" {
		t.Errorf("a trace in two files: %+v", r)
	}
}

// tail follows what is in a directory, and what comes into it.
func TestTailOfADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spans := querytest.Spans()
	old := filepath.Join(dir, "a.jsonl")
	if err := os.WriteFile(old, []byte(encoded(t, "json", spans[0])), 0o600); err != nil {
		t.Fatal(err)
	}
	r := begin(t, "tail", dir, "--json")
	<-r.waits
	f, err := os.OpenFile(old, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(f, encoded(t, "json", spans[1]))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	r.out.lines(t, 1)
	if err := os.Mkdir(filepath.Join(dir, "new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new", "b.jsonl"), []byte(encoded(t, "otlp", spans[2:4]...)), 0o600); err != nil {
		t.Fatal(err)
	}
	r.out.lines(t, 3)
	spoolInto(t, filepath.Join(dir, "spool"), delivery.Retry, spans[4])
	if got := numbers(t, r.out.lines(t, 4)); got != "2345" {
		t.Errorf("got %s", got)
	}
	if code := r.end(); code != fine || r.err.String() != "" {
		t.Errorf("code %d, %s", code, r.err.String())
	}
}

// Files whose fields were renamed are read with the configuration that did it.
func TestRenamedFields(t *testing.T) {
	t.Parallel()
	config := write(t, "trace.toml", "[trace.file]\ndriver = \"file\"\n"+
		"fields = { trace_id = \"tid\", span_id = \"sid\", name = \"what\", duration_ms = \"ms\" }\n[trace.file.setting]\npath = \"x.jsonl\"\n")
	path := write(t, "x.jsonl", `{"tid":"4bf92f3577b34da6a3ce929d0e0e4736","sid":"00f067aa0ba902b7","what":"GET /","ms":12}`+"\n")
	if r := tracehook(t, "", "ls", path, "--config", config, "--json", "-q", "name:GET"); numbers(t, r.out) != "7" || r.code != fine {
		t.Errorf("%+v", r)
	}
	if r := tracehook(t, "", "ls", path); r.code != problem || !strings.Contains(r.err, "--config") {
		t.Errorf("without it: %+v", r)
	}
}
