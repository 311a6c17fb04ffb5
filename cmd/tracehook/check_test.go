package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

func spanOfLongName() sdktrace.ReadOnlySpan {
	return tracetest.SpanStub{
		Name:        strings.Repeat("long ", 40),
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}),
		StartTime:   time.Unix(1, 0), EndTime: time.Unix(2, 0),
	}.Snapshot()
}

const wrong = `[trace.backend]
driver = "otlp"
setting = { endpoint = "http://127.0.0.1:4318", kompression = "gzip" }
[trace.backend.sample]
rate = 1.5
	slow = "soon" # 数据
`

func TestCheckPutsACaretUnderEachPlace(t *testing.T) {
	t.Parallel()
	path := write(t, "trace.toml", wrong)
	r := tracehook(t, "", "check", path)
	for _, want := range []string{
		path + ":3:", `did you mean "compression"?`, "\n    3 | setting = {", path + ":5:", "\n    5 | rate = 1.5\n      | ", path + ":6:",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("it lacks %q:\n%s", want, r.out)
		}
	}
	lines := strings.Split(r.out, "\n")
	for i, line := range lines {
		if strings.HasSuffix(line, "^") {
			at := strings.IndexByte(line, '^')
			if above := []rune(lines[i-1]); at >= len(above) || !strings.ContainsRune("krs1\"", above[at]) {
				t.Errorf("a caret stands under nothing:\n%s\n%s", lines[i-1], line)
			}
		}
	}
	if r.code != problem || strings.Count(r.out, "^") != 3 || r.err != "" {
		t.Errorf("code %d, %q\n%s", r.code, r.err, r.out)
	}
}

func TestCheckForPrograms(t *testing.T) {
	t.Parallel()
	path := write(t, "trace.toml", wrong)
	r := tracehook(t, "", "check", "--json", path)
	var keys []string
	for line := range strings.Lines(r.out) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		if f.File != path || f.Line == 0 || f.Column == 0 || f.Message == "" || f.Severity != "error" {
			t.Errorf("%+v", f)
		}
		keys = append(keys, f.Key)
	}
	if got := strings.Join(keys, " "); r.code != problem || got != "trace.backend.setting.kompression trace.backend.sample.rate trace.backend.sample.slow" {
		t.Errorf("code %d, keys %s", r.code, got)
	}
}

func TestCheckOfFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, path string
		code       int
		says       string
	}{
		{"good", write(t, "a.toml", "[trace]\ndriver = \"console\"\n"), fine, ""},
		{"empty", write(t, "a.toml", ""), fine, "a.toml: note: there is no [trace] in it"},
		{"of the application", write(t, "a.toml", "name = \"shop\"\n"), fine, "a.toml: note: there is no [trace] in it"},
		{"YAML", write(t, "a.yaml", "trace:\n  driver: console\n"), fine, ""},
		{"missing", filepath.Join(t.TempDir(), "a.toml"), problem, "no such file"},
		{"a directory", t.TempDir(), problem, ""},
		{"binary", write(t, "a.toml", "\x00\x01\xff\xfe"), problem, "a.toml:1"},
		{"no TOML", write(t, "a.toml", "[trace\n"), problem, "a.toml:1"},
		{"an own driver", write(t, "a.toml", "[trace]\ndriver = \"sqlite\"\n"), problem, "sqlite"},
	} {
		r := tracehook(t, "", "check", c.path)
		if r.code != c.code || !strings.Contains(r.out, c.says) || c.code == fine && (r.out != "") != (c.says != "") || strings.Contains(r.out+r.err, "goroutine") {
			t.Errorf("%s: code %d, %s%s", c.name, r.code, r.out, r.err)
		}
	}
	own := write(t, "a.toml", "[trace]\ndriver = \"sqlite\"\nsetting = { path = \"x\" }\n")
	if r := tracehook(t, "", "check", "--driver", "sqlite", own); r.code != fine {
		t.Errorf("an own driver that is said: %+v", r)
	}
}

// What check accepts, New builds, and the other way round.
func TestCheckAndNewAgree(t *testing.T) {
	t.Parallel()
	base := strings.Split(`project = "shop"
[otel]
service = "api"
[trace.a]
driver = "memory"
buffer = 64
batch = 8
timeout = "10ms"
overflow = "drop"
setting = { limit = 5 }
[trace.a.sample]
rate = 0.5
error = true
slow = "1s"
limit = 10
rules = [ { name = "http:*", sample = 0.1 } ]
[trace.b]
driver = "none"
[trace.c]
driver = "page"
setting = { listen = "127.0.0.1:0", max_bytes = "1MB" }`, "\n")
	values := []string{`1.5`, `-1`, `"x"`, `true`, `"drop"`, `[]`, `{}`, `"5s"`, `0`, `"127.0.0.1:0"`}
	random := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 300 {
		lines := append([]string(nil), base...)
		at := random.IntN(len(lines))
		switch key, _, ok := strings.Cut(lines[at], " = "); {
		case ok && random.IntN(4) > 0:
			lines[at] = key + " = " + values[random.IntN(len(values))]
		case ok:
			lines[at] = key + "x" + lines[at][len(key):]
		default:
			lines = append(lines[:at], lines[at+1:]...)
		}
		text := strings.Join(lines, "\n")
		path := write(t, "trace.toml", text)
		code := tracehook(t, "", "check", path).code
		b, err := open(t, path)
		if err == nil {
			accepted++
			if err := b.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if (code == fine) != (err == nil) {
			t.Errorf("check ends with %d, New says %v about\n%s", code, err, text)
		}
	}
	if accepted < 20 || accepted > 280 {
		t.Errorf("%d of 300 were accepted: the test says little", accepted)
	}
}

func open(t *testing.T, path string) (*otelbridge.Bridge, error) {
	t.Helper()
	cfg, err := config.Load(path, config.WithEnviron(nil))
	if err != nil {
		return nil, err
	}
	return otelbridge.New(t.Context(), cfg)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "trace.toml")
	content := fmt.Sprintf(`[trace.file]
driver = "file"
setting = { path = %q }
[trace.backend]
driver = "otlp"
setting = { endpoint = "http://127.0.0.1:1" }
spool = { dir = %q }
[trace.backend.sample]
rate = 0.25
rules = [ { name = "service:user.*", sample = 1, attrs = { vip = true } } ]
`, filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "spool"))
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	r := tracehook(t, "", "explain", path, "--name", "service:user.login", "--attr", "vip=true")
	if r.code != fine || !strings.Contains(r.out, `connection "backend"`) || !strings.Contains(r.out, "rules[0]") || strings.Contains(r.err, "tracehook") {
		t.Errorf("%+v", r)
	}
	r = tracehook(t, "", "explain", path, "--name", "other", "--json")
	var explained struct {
		Connection  string
		Probability float64
	}
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &explained); err != nil || len(lines) != 2 || explained.Connection != "backend" || explained.Probability != 0.25 {
		t.Errorf("%v: %+v", err, r)
	}
	// It opens nothing: neither the file nor the spool.
	for _, name := range []string{"out.jsonl", "spool"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("explain has made %s", name)
		}
	}
	if r := tracehook(t, "", "explain", write(t, "trace.toml", wrong), "--name", "x"); r.code != problem || strings.Count(r.err, "^") != 3 || r.out != "" {
		t.Errorf("a file with problems: %+v", r)
	}
}

func TestSchemaIsJSON(t *testing.T) {
	t.Parallel()
	var schema struct {
		Properties struct {
			Trace struct{ Properties map[string]any }
		}
	}
	r := tracehook(t, "", "schema")
	if err := json.Unmarshal([]byte(r.out), &schema); err != nil || schema.Properties.Trace.Properties["driver"] == nil {
		t.Errorf("%v: %.200s", err, r.out)
	}
}

// What only this machine has wrong is found with --here alone.
func TestCheckHere(t *testing.T) {
	t.Parallel()
	path := write(t, "trace.toml", "[trace.a]\ndriver = \"file\"\nsetting = { path = \"/dev/null/x/trace.jsonl\" }\n")
	if r := tracehook(t, "", "check", path); r.code != fine || r.out != "" {
		t.Errorf("without --here: %+v", r)
	}
	if r := tracehook(t, "", "check", "--here", path); r.code != problem || !strings.Contains(r.out, ":3:") || !strings.Contains(r.out, "^") {
		t.Errorf("with --here: %+v", r)
	}
}
