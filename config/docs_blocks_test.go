package config_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/tracehook/tracehook/config"
)

// block returns the first block of a language in a document.
func block(t *testing.T, document, language string) string {
	t.Helper()
	content, err := os.ReadFile("../docs/" + document)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(strings.ReplaceAll(string(content), "\r\n", "\n"), "```"+language+"\n")
	text, _, end := strings.Cut(rest, "```\n")
	if !ok || !end {
		t.Fatalf("%s has no block of %s", document, language)
	}
	return text
}

// The variables that docs/config.md shows set what they say.
func TestDocs_variables(t *testing.T) {
	t.Parallel()
	const file = "[trace.file]\ndriver = \"file\"\n[trace.otlp]\ndriver = \"otlp\"\n"
	var environment []string
	for line := range strings.Lines(block(t, "config.md", "sh")) {
		environment = append(environment, strings.ReplaceAll(strings.TrimSpace(line), "'", "")) // as a shell does
	}
	cfg, err := config.Parse([]byte(file), "toml", environ(environment...))
	if err != nil {
		t.Fatal(err)
	}
	one, two := cfg.Connections[0], cfg.Connections[1]
	var fields []string
	for _, f := range one.Fields {
		fields = append(fields, f.Source)
	}
	headers, _ := two.Setting["headers"].(map[string]any)
	got := []any{one.Sample.Rate, fields, headers["x-team"], cfg.Identity.Node}
	if diff := cmp.Diff([]any{0.1, []string{"trace_id", "name"}, "shop", "n1"}, got); diff != "" || len(environment) != len(got) {
		t.Errorf("%d variables give (-want +got):\n%s", len(environment), diff)
	}
}

// The problems that docs/config.md shows are what is said.
func TestDocs_problems(t *testing.T) {
	t.Parallel()
	const file = "[trace.file]\nbufer = 10\n[trace.file.sample]\nrate = 1.5\n"
	_, err := config.Parse([]byte(file), "toml", config.WithFile("trace.toml"), bare())
	if want := strings.TrimSpace(block(t, "config.md", "text")); err == nil || err.Error() != want {
		t.Errorf("the document says\n%s\nand Parse\n%v", want, err)
	}
}

// What docs/operating.md has for Kubernetes fits together, and with the configuration below it.
func TestDocs_kubernetes(t *testing.T) {
	t.Parallel()
	var pod struct {
		Containers []struct {
			Env          []struct{ Name string }
			VolumeMounts []struct {
				Name string
				Path string `yaml:"mountPath"`
			} `yaml:"volumeMounts"`
		}
		Volumes []struct{ Name string }
	}
	if err := yaml.Unmarshal([]byte(block(t, "operating.md", "yaml")), &pod); err != nil {
		t.Fatal(err)
	}
	var mounted, volumes, paths []string
	for _, m := range pod.Containers[0].VolumeMounts {
		mounted, paths = append(mounted, m.Name), append(paths, m.Path)
	}
	for _, v := range pod.Volumes {
		volumes = append(volumes, v.Name)
	}
	slices.Sort(mounted)
	slices.Sort(volumes)
	if !slices.Equal(mounted, volumes) || len(volumes) < 3 {
		t.Errorf("mounted are %q, and there are %q", mounted, volumes)
	}
	for _, path := range paths {
		if path != "/etc/tracing" && !strings.Contains(block(t, "operating.md", "toml"), path) {
			t.Errorf("the configuration has nothing in %s", path)
		}
	}
	for _, e := range pod.Containers[0].Env {
		cfg, err := config.Parse([]byte("[trace]\n"), "toml", environ(e.Name+"=worker-7"))
		if err != nil || cfg.Identity.Node != "worker-7" {
			t.Errorf("%s gives %q, %v", e.Name, cfg.Identity.Node, err)
		}
	}
}
