package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/internal/query/querytest"
	"github.com/tracehook/tracehook/test/otlptest"
)

// Whatever holds the spans, the endpoint gets each once; nothing is changed where they are.
func TestReplay(t *testing.T) {
	t.Parallel()
	spans := querytest.Spans()
	dead := spooled(t, delivery.Refused, spans...)
	for name, where := range map[string]string{
		"JSON": corpus(t, "json"), "OTLP": corpus(t, "otlp"), "a spool": spooled(t, delivery.Retry, spans...), "dead letters": dead,
	} {
		receiver := otlptest.NewHTTP(t)
		r := tracehook(t, "", "replay", where, "--to", "http://"+receiver.Address())
		if r.code != fine || r.out != "" || r.err != "tracehook: 8 spans were delivered\n" {
			t.Errorf("%s: %+v", name, r)
		}
		if got := receiver.Spans(); len(got) != 8 {
			t.Errorf("%s: the endpoint has %v", name, got)
		}
	}
	if files, err := spool.StoredIn(dead); err != nil || len(files) != 8 {
		t.Errorf("%d dead batches are left, %v", len(files), err)
	}
	receiver := otlptest.NewHTTP(t)
	if r := tracehook(t, "", "replay", corpus(t, "otlp"), "--gzip", "-q", "status:error", "--to", "http://"+receiver.Address()+"/v1/traces"); r.code != fine || len(receiver.Spans()) != 3 {
		t.Errorf("with a query: %+v, %v", r, receiver.Spans())
	}
}

// What was interrupted goes on where it was, also when the file was rotated or has grown meanwhile.
func TestReplayGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, state := filepath.Join(dir, "trace.jsonl"), filepath.Join(dir, "state")
	spans := exportertest.Many(3000)
	if err := os.WriteFile(path, []byte(encoded(t, "json", spans[:2500]...)), 0o600); err != nil {
		t.Fatal(err)
	}
	receiver := otlptest.NewHTTP(t)
	receiver.Behave(func(request int) otlptest.Behavior {
		if request > 3 {
			return otlptest.Behavior{Status: 503}
		}
		return otlptest.Behavior{Store: true}
	})
	replay := func(patience string) result {
		return tracehook(t, "", "replay", path, "--to", "http://"+receiver.Address(), "--state", state, "--patience", patience)
	}
	first := replay("2s")
	before := len(receiver.Spans())
	if first.code != problem || !strings.Contains(first.err, "takes nothing") || !strings.Contains(first.err, fmt.Sprint(before, " spans were delivered: call it again")) || before == 0 || before == 2500 {
		t.Fatalf("%d spans have come: %+v", before, first)
	}
	receiver.Behave(nil)
	moved := filepath.Join(dir, "trace.20260102.030405.jsonl")
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(encoded(t, "json", spans[2500:]...)), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := replay("1m"); r.code != fine || !strings.Contains(r.err, fmt.Sprintf("%d spans were delivered; %d records had", 3000-before, before)) {
		t.Errorf("the second time: %+v", r)
	}
	for id, n := range receiver.Spans() {
		if n != 1 {
			t.Errorf("%s has come %d times", id, n)
		}
	}
	if n := len(receiver.Spans()); n != 3000 {
		t.Errorf("%d spans have come", n)
	}
	if r := replay("1m"); !strings.Contains(r.err, "0 spans were delivered; 3000") {
		t.Errorf("the third time: %+v", r)
	}
	if r := tracehook(t, "", "replay", path, "--to", "http://127.0.0.1:1", "--state", state); r.code != misusage || !strings.Contains(r.err, "name another file") {
		t.Errorf("another endpoint: %+v", r)
	}
}

func TestReplayRate(t *testing.T) {
	t.Parallel()
	path := write(t, "x.jsonl", encoded(t, "json", exportertest.Many(1200)...))
	receiver := otlptest.NewHTTP(t)
	begin := time.Now()
	r := tracehook(t, "", "replay", path, "--to", "http://"+receiver.Address(), "--rate", "4000")
	if took := time.Since(begin); r.code != fine || took < 200*time.Millisecond {
		t.Errorf("1200 spans at 4000 a second took %v: %+v", took, r)
	}
}

// On a terminal a bar shows how far it is.
func TestReplayBar(t *testing.T) {
	t.Parallel()
	receiver := otlptest.NewHTTP(t)
	r := inTerminal(t, 70, "", "replay", corpus(t, "json"), "--to", "http://"+receiver.Address())
	if !strings.Contains(r.err, "[=") || !strings.Contains(r.err, "100 %  8 spans delivered") {
		t.Errorf("%q", r.err)
	}
	for _, line := range strings.FieldsFunc(r.err, func(c rune) bool { return c == '\r' || c == '\n' }) {
		if len(line) > 70 {
			t.Errorf("%d cells: %q", len(line), line)
		}
	}
}

func TestReplayOfBadInput(t *testing.T) {
	t.Parallel()
	receiver := otlptest.NewHTTP(t)
	receiver.Behave(func(int) otlptest.Behavior { return otlptest.Behavior{Status: 400} })
	to := "http://" + receiver.Address()
	nobody := otlptest.NewHTTP(t)
	nobody.Down()
	damaged := spooled(t, delivery.Retry, querytest.Spans()[0])
	files, err := spool.StoredIn(damaged)
	if err != nil || os.WriteFile(files[0].Path, []byte("x"), 0o600) != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"nowhere", []string{"x"}, misusage, "--to http://HOST"},
		{"no address", []string{"x", "--to", "localhost:4318"}, misusage, "--to: want http://"},
		{"a password", []string{"x", "--to", "http://user:pl4nted@localhost:4318"}, misusage, "credentials"},
		{"a rate", []string{"x", "--to", to, "--rate", "-1"}, misusage, "--rate"},
		{"no file", []string{"none.jsonl", "--to", to}, problem, "no such file"},
		{"text", []string{write(t, "x.log", "hello\n"), "--to", to}, problem, "that is no span"},
		{"a damaged batch", []string{damaged, "--to", to}, problem, "damaged"},
		{"no state", []string{corpus(t, "json"), "--to", to, "--state", write(t, "s", "hello")}, misusage, "not what replay has written"},
		{"no token", []string{"x", "--to", to, "--to-token-file", "none"}, problem, "none"},
		{"refused", []string{corpus(t, "json"), "--to", to}, problem, "refused 8 spans"},
		{"nobody is there", []string{corpus(t, "json"), "--to", "http://" + nobody.Address(), "--patience", "100ms"}, problem, "takes nothing"},
	} {
		r := tracehook(t, "", append([]string{"replay"}, test.args...)...)
		if r.code != test.code || !strings.Contains(r.err, test.says) || strings.Contains(r.err, "goroutine") || strings.Contains(r.err, "pl4nted") {
			t.Errorf("%s: %+v", test.name, r)
		}
	}
}

func TestDead(t *testing.T) {
	t.Parallel()
	dir := spooled(t, delivery.Refused, querytest.Spans()...)
	r := tracehook(t, "", "dead", "ls", dir)
	if r.code != fine || strings.Count(r.out, "\n") != 16 || strings.Count(r.out, "said no") != 8 {
		t.Errorf("ls: %+v", r)
	}
	if r := tracehook(t, "", "dead", "ls", dir, "--json"); strings.Count(r.out, `"spans":1`) != 8 {
		t.Errorf("ls --json: %+v", r)
	}
	files, err := spool.StoredIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r := tracehook(t, "", "dead", "drop", files[0].Path); r.code != fine || !strings.Contains(r.out, "would be removed") {
		t.Errorf("drop: %+v", r)
	}
	if r := tracehook(t, "", "dead", "drop", files[0].Path, "--yes"); r.code != fine || !strings.Contains(r.out, "1 spans in 1 batches were removed") {
		t.Errorf("drop --yes: %+v", r)
	}
	if r := tracehook(t, "", "dead", "requeue", dir); r.code != fine || r.out != "7 spans were put back\n" {
		t.Errorf("requeue: %+v", r)
	}
	files, err = spool.StoredIn(dir)
	if err != nil || len(files) != 7 || files[0].Dead {
		t.Errorf("%d batches, %v", len(files), err)
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"dead"}, misusage, "needs a command"},
		{[]string{"dead", "bury"}, misusage, "no command of dead"},
		{[]string{"dead", "ls"}, misusage, "accepts 1 arg"},
		{[]string{"dead", "ls", "none"}, problem, "no such directory"},
		{[]string{"dead", "drop", files[0].Path, "--yes"}, problem, "no dead batch"},
		{[]string{"dead", "requeue", "none"}, problem, "no such directory"},
	} {
		if r := tracehook(t, "", test.args...); r.code != test.code || !strings.Contains(r.err, test.says) {
			t.Errorf("%q: %+v", test.args, r)
		}
	}
}
