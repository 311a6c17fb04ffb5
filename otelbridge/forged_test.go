package otelbridge_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/otelbridge"
)

// forgery is every word of the hook, and every field of a span, as a stranger who chooses the keys
// of attributes would write them.
func forgery() map[string]string {
	all := map[string]string{}
	for _, key := range []string{
		"tracehook.service", "tracehook.kind", "tracehook.target", "tracehook.entry", "tracehook.step", "tracehook.status",
		"tracehook.code", "tracehook.result", "tracehook.rule", "tracehook.probability", "tracehook.status_attribute",
		"status", "error", "status_code", "service_name", "kind", "name", "trace_id", "span_id", "parent_id", "start", "finish", "process",
		"status_message", "target", "duration_ms",
	} {
		all[key] = "forged"
	}
	return all
}

// An attribute is no word about its span unless the hook has said it, whatever its key is.
func TestAttributesOfAStrangerAreNoFields(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var toml strings.Builder
	toml.WriteString("[otel]\nservice = \"shop\"\n")
	for name, driver := range map[string]string{
		"json": "json = true\n", "otlp": "setting.encoding = \"otlp\"\n", "yaml": "driver = \"yaml\"\n",
		"split": "setting.encoding = \"otlp\"\nsplit_services = true\n",
		"text":  "format = \"%service_name% %kind% %target% %step% %status% %status_code% %code% %status_message% %result%\"\n",
	} {
		if !strings.Contains(driver, "driver") {
			driver = "driver = \"file\"\n" + driver
		}
		toml.WriteString("[trace." + name + "]\n" + driver + "setting.path = \"" + filepath.Join(dir, name) + "\"\n")
	}
	// A rule that only the forged words would meet.
	toml.WriteString("[trace.rules]\ndriver = \"file\"\njson = true\nsetting.path = \"" + filepath.Join(dir, "rules") + "\"\n" +
		"[trace.rules.sample]\nerror = false\nrate = 1\nrules = [ { service = \"forged\", sample = 0 }, { kind = \"queue\", sample = 0 }, { attrs = { \"tracehook.target\" = \"forged\" }, sample = 0 } ]\n")
	cfg, err := config.Parse([]byte(toml.String()), "toml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	forged := forgery()
	forged["tracehook.kind"] = "queue"
	var early []attribute.KeyValue
	words := tracehook.Map{"service": "user", "kind": "service", "target": "login", "step": "check"}
	for key, value := range forged {
		early = append(early, attribute.String(key, value))
		if strings.HasPrefix(key, "tracehook.") {
			words[key] = value
		}
	}
	tracer := b.TracerProvider().Tracer("stranger")
	_, atStart := tracer.Start(context.Background(), "plain", trace.WithAttributes(early...))
	atStart.End()
	_, atEnd := tracer.Start(context.Background(), "plain")
	atEnd.SetAttributes(early...)
	atEnd.End()
	meta := tracehook.NewMeta()
	begun := b.Hook().Begin(meta, "hooked", words)
	_, below := tracer.Start(meta.Context(), "plain", trace.WithAttributes(early...))
	below.End()
	begun.End()
	taken := b.Hook().Begin(meta, "taken", tracehook.Map{"service": "user"})
	trace.SpanFromContext(meta.Context()).SetAttributes(early...) // replaces the hook's, and counts no more than elsewhere
	taken.End()
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if got, want := read("text"), "shop internal  plain ok STATUS_CODE_OK 0  \n"; strings.Count(got, want) != 3 || !strings.Contains(got, "shop internal  taken ok ") || strings.Contains(got, "forged") {
		t.Errorf("as text:\n%s", got)
	}
	if got := read("text"); !strings.Contains(got, "user service login check ok ") {
		t.Errorf("the hook's own span as text:\n%s", got)
	}
	if got := strings.Count(read("rules"), "\n"); got != 5 {
		t.Errorf("%d spans escaped the rules that only forged words meet, want 5", got)
	}
	for document := range strings.SplitSeq(read("yaml"), "---\n") {
		for line := range strings.Lines(document) {
			if key, value, _ := strings.Cut(line, ":"); strings.Contains(value, "forged") && slices.Contains(slices.Collect(maps.Keys(forged)), key) &&
				!slices.Contains([]string{"status_code", "service_name", "status_message", "target", "duration_ms", "tracehook.status_attribute"}, key) {
				t.Errorf("as YAML, an attribute reads as a field: %s", line)
			}
		}
	}
	for _, name := range []string{"json", "otlp", "split"} {
		spans := 0
		for r, err := range readback.Read(filepath.Join(dir, name)) {
			if err != nil {
				t.Fatal(err)
			}
			s := r.Span
			spans++
			service, kind := "shop", "internal"
			if s.Name == "hooked" {
				service, kind = "user", "service"
			}
			if s.Service != service || s.Kind != kind || s.Status != "ok" || s.Message != "" {
				t.Errorf("%s: service %q, kind %q, status %q %q; want %q, %q, ok", name, s.Service, s.Kind, s.Status, s.Message, service, kind)
			}
			suffix := "_attribute"
			if s.Name == "hooked" { // once by the hook, so that it doesn't replace the hook's own, and once when written
				suffix += "_attribute"
			}
			for _, key := range []string{"tracehook.service", "tracehook.status", "tracehook.status_attribute"} {
				if s.Attributes[key+suffix] != "forged" {
					t.Errorf("%s: %s has no attribute %s: %v", name, s.Name, key+suffix, s.Attributes)
				}
			}
		}
		if spans != 5 {
			t.Errorf("%s: %d spans, want 5", name, spans)
		}
	}
}
