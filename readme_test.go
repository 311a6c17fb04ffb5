package tracehook_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// The README's program runs with the README's configuration, and does what it says; its two options are those of
// the example for a service on OpenTelemetry; and its equations name what Stats has.
func TestTheReadmesPrograms(t *testing.T) {
	t.Parallel()
	blocks := map[string][]string{}
	for _, m := range fence.FindAllStringSubmatch(contents(t, "README.md"), -1) {
		blocks[m[1]] = append(blocks[m[1]], m[2])
	}
	program, lines := blocks["go"][0], blocks["go"][1]

	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": program, "trace.toml": blocks["toml"][0]} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, "program.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
		t.Fatalf("it doesn't build: %v\n%s", err, out)
	}
	run := exec.CommandContext(t.Context(), bin)
	run.Dir = dir
	out, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "service:user.login [user]") {
		t.Errorf("it says, with %v:\n%s", err, out)
	}
	queries := 0
	for line := range strings.Lines(blocks["sh"][1]) {
		query, ok := strings.CutPrefix(strings.ReplaceAll(strings.TrimSpace(line), "'", ""), "tracehook ls store/trace")
		if !ok {
			continue
		}
		queries++
		ls := exec.CommandContext(t.Context(), "go", "run", "./cmd/tracehook", "ls", filepath.Join(dir, "store", "trace"), "-q", strings.TrimPrefix(query, " -q "))
		if out, err := ls.Output(); err != nil || strings.Count(string(out), "service:user.login\n") != 1 {
			t.Errorf("%s prints, with %v:\n%s", line, err, out)
		}
	}
	if written := contents(t, filepath.Join(dir, "store", "trace", "trace.log")); queries != 2 || !strings.Contains(written, `"vip":true`) {
		t.Errorf("%d queries; it wrote %s", queries, written)
	}

	example := contents(t, "examples/existing-otel/main.go")
	for line := range strings.Lines(lines) {
		if !strings.Contains(example, "\t"+line) {
			t.Errorf("examples/existing-otel doesn't have %s", line)
		}
	}

	tree, equations := blocks["text"][0], blocks["text"][1]
	if drawn := contents(t, "examples/quickstart/testdata/mallory.tree"); tree != drawn {
		t.Errorf("the tree is\n%s, and the quickstart draws\n%s", tree, drawn)
	}
	numbers := account(t)
	for line := range strings.Lines(equations) {
		left, right, _ := strings.Cut(strings.TrimSpace(line), "=")
		sum := 0.0
		for term := range strings.SplitSeq(right, " + ") {
			name, causes, nested := strings.Cut(strings.Trim(term, " )"), "(")
			if !nested {
				sum += number(t, numbers, name)
				continue
			}
			inner, _ := numbers[name].(map[string]any)
			for cause := range strings.SplitSeq(causes, " | ") {
				sum += number(t, inner, cause)
			}
		}
		if got := number(t, numbers, strings.TrimSpace(left)); got != sum || got == 0 {
			t.Errorf("%s: %v and %v", line, got, sum)
		}
	}
}

// account is the JSON of a connection's numbers after some spans, of which some were left out.
func account(t *testing.T) (numbers map[string]any) {
	t.Helper()
	cfg, err := config.Parse([]byte("[trace.c]\ndriver = \"memory\"\n[trace.c.sample]\nrate = 0.5\nlimit = 10\n"), "toml", config.WithEnviron(nil))
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		_, span := b.TracerProvider().Tracer("t").Start(t.Context(), "s")
		span.End()
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(b.Stats().Connections["c"])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &numbers); err != nil {
		t.Fatal(err)
	}
	return numbers
}

func number(t *testing.T, numbers map[string]any, name string) float64 {
	t.Helper()
	n, ok := numbers[name].(float64)
	if !ok {
		t.Errorf("Stats has no number %q", name)
	}
	return n
}
