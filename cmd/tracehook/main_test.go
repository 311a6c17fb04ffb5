package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/internal/query/querytest"
)

func TestMain(m *testing.M) {
	if os.Getenv("TRACEHOOK_TEST_AS_PROGRAM") != "" {
		main() // in a terminal, or at the end of a pipe
	}
	goleak.VerifyTestMain(m)
}

// result is what a run of the program said.
type result struct {
	code     int
	out, err string
}

// tracehook runs the program at the end of a pipe.
func tracehook(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return inTerminal(t, 0, stdin, args...)
}

func inTerminal(t *testing.T, width int, stdin string, args ...string) result {
	t.Helper()
	return until(t.Context(), width, stdin, args...)
}

func until(ctx context.Context, width int, stdin string, args ...string) result {
	var out, errs bytes.Buffer
	p := &program{
		in: strings.NewReader(stdin), out: &out, err: &errs, environ: func() []string { return nil },
		terminal: func() int { return width }, bar: func() int { return width }, color: width > 0,
	}
	code := run(ctx, p, args)
	return result{code, out.String(), errs.String()}
}

// write makes a file in a new directory.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// encoded is spans as the driver "file" writes them.
func encoded(t *testing.T, kind string, spans ...sdktrace.ReadOnlySpan) string {
	t.Helper()
	e, err := encode.New(kind, exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return string(e.Append(nil, spans))
}

// corpus is a file with the spans of the table.
func corpus(t *testing.T, kind string) string {
	t.Helper()
	return write(t, "trace.jsonl", encoded(t, kind, querytest.Spans()...))
}
