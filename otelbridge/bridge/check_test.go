package bridge_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
)

// problems loads and checks a configuration and returns what is wrong with it, a line each,
// whoever found it.
func problems(t *testing.T, toml string, opts ...otelbridge.Option) []string {
	t.Helper()
	cfg, err := config.Parse([]byte(toml), "toml", config.WithFile("trace.toml"))
	if err == nil {
		err = otelbridge.Check(cfg, opts...)
	}
	if err == nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(err.Error()), "\n")
}

func TestCheckReportsEveryProblemWithItsPlace(t *testing.T) {
	t.Parallel()
	got := problems(t, `[trace.a]
driver = "fiel"

[trace.b]
driver = "file"
[trace.b.setting]
maxsize = "10QB"
maxfile = 3

[trace.c]
driver = "console"
json = true
fields = ["trace_id", "timestam"]
[trace.c.sample]
rules = [
  { name = "http:*", sample = 0.1 },
  { name = "http:*", sample = 0.1 },
]

[trace.d]
format = "%tme% %name%"
`)
	want := []string{
		`trace.toml:2:1: trace.a.driver: unknown driver "fiel", did you mean "file"?`,
		`trace.toml:7:1: trace.b.setting.maxsize:`,
		`trace.toml:8:1: trace.b.setting.maxfile:`,
		`trace.toml:13:23: trace.c.fields[1]:`,
		`trace.toml:17:3: trace.c.sample.rules[1]:`,
		`trace.toml:21:1: trace.d.format:`,
	}
	if len(got) != len(want) {
		t.Fatalf("got %d problems, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("problem %d is\n%s\nwant it to start with\n%s", i, got[i], want[i])
		}
	}
}

func TestCheckRefusesTwoConnectionsOnOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.ToSlash(filepath.Join(t.TempDir(), "one.log"))
	got := problems(t, `[trace.a]
driver = "file"
setting = { path = "`+path+`" }
[trace.b]
driver = "file"
setting = { path = "`+path+`" }
`)
	if len(got) != 1 || !strings.Contains(got[0], "trace.b") || !strings.Contains(got[0], `connection "a" already writes to`) {
		t.Errorf("got %q, want one problem that names both connections", got)
	}
}

func TestCheckNamesTheVariableInsteadOfItsSecret(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte("[trace.a]\ndriver = \"file\"\nsetting = { maxsize = \"${SIZE}\" }\n"), "toml",
		config.WithEnviron(func() []string { return []string{"SIZE=hunter2"} }))
	if err != nil {
		t.Fatal(err)
	}
	err = otelbridge.Check(cfg)
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "$SIZE") {
		t.Errorf("got %v, want an error with $SIZE and without its value", err)
	}
}

// What the environment holds may be a secret wherever it is put, and short values must
// not garble the words around them.
func TestCheckPrintsNothingThatCameFromTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, toml := range []string{
		"[trace.a]\ndriver = \"${TOKEN}\"\n",
		"[trace.a]\nformat = \"%${TOKEN}%\"\n",
		"[trace.a]\nfields = [\"${TOKEN}\"]\n",
		"[trace.a]\ndriver = \"file\"\nsetting = { encoding = \"${TOKEN}\" }\n",
		"[trace.a]\ndriver = \"otlp\"\nsetting = { protocol = \"${TOKEN}\" }\n",
	} {
		cfg, err := config.Parse([]byte(toml), "toml", config.WithEnviron(func() []string { return []string{"TOKEN=hunter2hunter2"} }))
		if err == nil {
			err = otelbridge.Check(cfg)
		}
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "TOKEN") {
			t.Errorf("%s: got %v, want an error that names the variable alone", toml, err)
		}
	}
	cfg, err := config.Parse([]byte("[trace.a]\ndriver = \"otlp\"\nsetting = { protocol = \"${P}\" }\n"), "toml",
		config.WithEnviron(func() []string { return []string{"P=h"} }))
	if err != nil {
		t.Fatal(err)
	}
	if err := otelbridge.Check(cfg); err == nil || !strings.Contains(err.Error(), "http") {
		t.Errorf("got %v: the known protocols can't be read any more", err)
	}
}

func TestCheckRefusesWhatNobodyReads(t *testing.T) {
	t.Parallel()
	got := problems(t, `[trace.a]
driver = "none"
spool = { dir = "x" }
[trace.b]
driver = "file"
retry = { budget = "1s" }
`)
	want := []string{"trace.toml:3:1: trace.a.spool:", "trace.toml:6:1: trace.b.retry:"}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("problem %d is %q, want it to start with %q", i, got[i], want[i])
		}
	}
}

func TestCheckRefusesNamesThatOnlyCodeCanMake(t *testing.T) {
	t.Parallel()
	c := config.Default().Connections[0]
	nameless := c
	nameless.Name = ""
	err := otelbridge.Check(config.Config{Connections: []config.Connection{c, c, nameless}})
	if err == nil || !strings.Contains(err.Error(), "two connections are called") || !strings.Contains(err.Error(), "no name") {
		t.Errorf("got %v", err)
	}
}

func TestNewStartsNothingIfAConnectionCannotOpen(t *testing.T) {
	t.Parallel()
	closed := false
	good := func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		return closing{func() { closed = true }}, nil
	}
	bad := func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		return nil, errors.New("no route")
	}
	cfg, err := config.Parse([]byte("[trace.one]\ndriver = \"good\"\n[trace.two]\ndriver = \"bad\"\n"), "toml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = otelbridge.New(t.Context(), cfg, otelbridge.WithDriver("good", good), otelbridge.WithDriver("bad", bad))
	if want := `connection "two": open: 3:8: trace.two: no route`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if !closed {
		t.Error("the connection that had opened was not shut down")
	}
}

type closing struct{ closed func() }

func (closing) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (c closing) Shutdown(context.Context) error                           { c.closed(); return nil }

// TestTheFrameworksDocumentsLoad checks the configuration blocks of the framework's two
// documents as they stand there.
func TestTheFrameworksDocumentsLoad(t *testing.T) {
	t.Parallel()
	blocks, err := filepath.Glob("../../config/testdata/seed*/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	if len(blocks) == 0 {
		t.Fatal("no blocks found")
	}
	for _, path := range blocks {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string(nil), problems(t, string(data))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
