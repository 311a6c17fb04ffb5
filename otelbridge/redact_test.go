package otelbridge_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/test/locked"
)

// planted are secrets in the places of a span.
func planted(b *otelbridge.Bridge) {
	const dsn = "postgres://bob:hunter2@db/x"
	_, s := b.TracerProvider().Tracer("t", trace.WithInstrumentationVersion(dsn)).Start(context.Background(), "GET "+dsn, trace.WithAttributes(
		attribute.String("user.password", "hunter2"), attribute.StringSlice("l", []string{dsn}),
		attribute.String("url.full", "https://h/x?X-Amz-Signature=hunter2&a=b"),
	), trace.WithLinks(trace.Link{Attributes: []attribute.KeyValue{attribute.String("u", dsn)}}))
	s.AddEvent("retry "+dsn, trace.WithAttributes(attribute.String("u", dsn)))
	s.RecordError(errors.New("dial " + dsn + ": refused"))
	s.SetStatus(codes.Error, "dial "+dsn+": refused")
	s.End()
	b.Hook().Begin(nil, "login "+dsn, map[string]any{"user.password": "hunter2", "service": dsn, "target": dsn}).End(errors.New(dsn))
}

func TestNoSecretOfASpanIsWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var toml strings.Builder
	toml.WriteString("[otel.redact]\nmask = [\"*password*\"]\n[otel.resource]\nhome = \"x://u:hunter2@h\"\n")
	for _, driver := range []string{
		`driver = "file"`, `driver = "file"` + "\njson = true", `driver = "file"` + "\nsetting.encoding = \"otlp\"",
		`driver = "file"` + "\nformat = \"%name% %status_message% %attributes% %events% %links% %resource%\"", `driver = "yaml"`, `driver = "console"`, `driver = "console"` + "\nformat = \"tree\"", `driver = "stdout"`,
		`driver = "otlp"` + "\nsetting.endpoint = \"http://127.0.0.1:1\"\nspool.dir = \"" + filepath.Join(dir, "spool") + "\"\nspool.mode = \"always\"",
		`driver = "greptime"` + "\nsetting.host = \"127.0.0.1\"\nsetting.port = 1\nspool.dir = \"" + filepath.Join(dir, "spool") + "\"\nspool.mode = \"always\"",
	} {
		name := "c" + string(rune('a'+strings.Count(toml.String(), "[trace.")))
		toml.WriteString("[trace." + name + "]\n" + driver + "\n")
		if strings.Contains(driver, `"file"`) || strings.Contains(driver, `"yaml"`) {
			toml.WriteString("setting.path = \"" + filepath.Join(dir, name) + "\"\n")
		}
	}
	cfg, err := config.Parse([]byte(toml.String()), "toml")
	if err != nil {
		t.Fatal(err)
	}
	var out, errs locked.Buffer
	b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithOutput(&out, &errs))
	if err != nil {
		t.Fatal(err)
	}
	planted(b)
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Log(err) // nobody listens where the network drivers send
	}
	stats := b.Stats()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_ = b.Shutdown(ctx)
	written := map[string]string{"stdout": out.String(), "stderr": errs.String()}
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		written[path] = string(data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	full := 0
	for where, text := range written {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s has the secret:\n%.2000s", where, text)
		}
		if strings.Contains(text, "REDACTED") {
			full++
		}
	}
	if full < 9 {
		t.Errorf("only %d outputs have anything redacted: %d bytes on standard output", full, len(out.String()))
	}
	if n := stats.Redacted["ca"]; n["userinfo"] == 0 || n["mask"] != 2 || n["query"] != 1 {
		t.Errorf("counted %v", n)
	}
}

func TestRedactionIsTurnedOff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		toml string
		want bool // that the default rules apply
	}{
		{"[trace.c]\ndriver = \"memory\"", true},
		{"[trace.c]\ndriver = \"memory\"\nredact = false", false},
		{"[otel]\nredact = false\n[trace.c]\ndriver = \"memory\"", false},
		{"[otel]\nredact = false\n[trace.c]\ndriver = \"memory\"\nredact.mask = [\"x\"]", true},
		{"[otel.redact]\nmask = [\"x\"]\n[trace.c]\ndriver = \"memory\"", true},
		{"[trace]\ndriver = \"memory\"\nredact = \"false\"", false},
	} {
		cfg, err := config.Parse([]byte(tt.toml), "toml")
		if err != nil {
			t.Fatal(err)
		}
		b, err := otelbridge.New(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		e := b.Explain("n", "", attribute.String("u", "x://u:p@h"), attribute.String("a", "b"))[0]
		if got := len(e.Redacted) == 1 && e.Redacted[0] == "u"; got != tt.want {
			t.Errorf("%s\nredacts %q", tt.toml, e.Redacted)
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestWrongRedactionHasItsPlace(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte(`
[otel.redact]
patterns = ["("]
maks = ["x"]
[trace.a]
driver = "memory"
redact.hash = ["user.id"]
[trace.b]
driver = "memory"
redact.sql = "perhaps"
`), "toml")
	if err != nil {
		t.Fatal(err)
	}
	err = otelbridge.Check(cfg)
	for _, want := range []string{
		"3:13: otel.redact.patterns[0]", "4:1: otel.redact.maks: unknown key", "trace.a.redact.hash_key: is missing", "10:8: trace.b.redact.sql: must be true or false",
	} {
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("the problems have %q not once:\n%v", want, err)
		}
	}
}

func TestRedactionInCode(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte("[trace.seen]\njson = true\n[trace.plain]\njson = true\nflag = \"plain\"\nredact = false\n"), "toml")
	if err != nil {
		t.Fatal(err)
	}
	hide := func(key, with string) otelbridge.Option {
		return otelbridge.WithRedactor(func(k string, v attribute.Value) attribute.Value {
			if k == key {
				return attribute.StringValue(with)
			}
			return v
		})
	}
	var out locked.Buffer
	b, err := otelbridge.New(t.Context(), cfg, hide("a", "first"), hide("b", "second"), otelbridge.WithOutput(&out, &out))
	if err != nil {
		t.Fatal(err)
	}
	_, s := b.TracerProvider().Tracer("t").Start(t.Context(), "n", trace.WithAttributes(attribute.String("a", "1"), attribute.String("b", "2")))
	s.End()
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ plain, text string }{{"", `"a":"first","b":"second"`}, {`"flag":"plain"`, `"a":"1","b":"2"`}} {
		found := 0
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, want.text) && strings.Contains(line, want.plain) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d lines have %s:\n%s", found, want.text, out.String())
		}
	}
}
