package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRunPrintsTheSlowestTraces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writeSample(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("hello\nthere\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "torn.log"), []byte(`{"trace_id":"4bf9`), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run([]string{"-n", "2", dir}, &out); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for _, want := range []string{
		"POST /orders", "check stock", "bank=first", "the bank took too long",
		"the slowest 2 of 4 traces, 12 spans in all", "2 records are no spans", "not read: " + filepath.Join(dir, "torn.log") + ":1:",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("output lacks %q:\n%s", want, got)
		}
	}
	slow, next := strings.Index(got, "order=1"), strings.Index(got, "order=2")
	if slow < 0 || next < slow || strings.Contains(got, "order=0") || strings.Contains(got, "order=3") {
		t.Errorf("want order 1 and then order 2 only:\n%s", got)
	}
}

func TestRunWithoutAFolderWritesASample(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(nil, &out); err != nil {
		t.Fatal(err)
	}
	if want := "the slowest 3 of 4 traces, 12 spans in all"; !strings.Contains(out.String(), want) {
		t.Errorf("output lacks %q:\n%s", want, out.String())
	}
}

func TestRunRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-n", "0"}, {"a", "b"}, {filepath.Join(t.TempDir(), "none")}} {
		if err := run(args, &strings.Builder{}); err == nil {
			t.Errorf("run(%q) = nil, want an error", args)
		}
	}
}
