package e2e_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// documents returns every configuration in TOML of the repository: files, and examples in documents.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." && path != "../.." {
				return filepath.SkipDir
			}
			return err
		}
		switch filepath.Ext(path) {
		case ".toml":
			content, err := os.ReadFile(path)
			all[path] = string(content)
			return err
		case ".md":
			content, err := os.ReadFile(path)
			for i, block := range strings.Split(string(content), "```toml\n")[1:] {
				block, _, _ = strings.Cut(block, "```")
				all[path+strings.Repeat("'", i)] = block
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The schema of the configuration, read by a validator of somebody else, accepts each configuration
// of the repository that a Bridge accepts, and finds keys that nobody reads.
func TestSchema(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "run", "./cmd/tracehook", "schema")
	command.Dir = "../.."
	text, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("trace.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("trace.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(content string) error {
		var values any
		if err := toml.Unmarshal([]byte(content), &values); err != nil {
			return err
		}
		return schema.Validate(values)
	}
	accepted := 0
	for path, content := range documents(t) {
		cfg, err := config.Parse([]byte(content), "toml", config.WithEnviron(nil))
		if err != nil || otelbridge.Check(cfg) != nil {
			continue // one that shows a mistake, or needs an environment
		}
		accepted++
		if err := validate(content); err != nil {
			t.Errorf("%s: %v\n%s", path, err, content)
		}
	}
	if accepted < 15 {
		t.Errorf("only %d configurations were found", accepted)
	}
	for _, wrong := range []string{
		"[trace]\ndrivr = \"console\"", "[trace.a]\ndrivr = \"console\"", "[trace.a.sample]\nrat = 1", "[trace.a]\ndriver = \"page\"\nsetting = { port = 1 }",
		"[trace.a]\noverflow = \"never\"", "[trace.a]\njson = 1", "[otel]\nservce = \"x\"", "[trace.a.sample]\nrules = [ { nme = \"x\" } ]", "[otel.limits]\nx = 1",
		"[trace.a]\ndriver = \"otlp\"\nspool = { directory = \"x\" }",
	} {
		if validate(wrong) == nil {
			t.Errorf("it accepts\n%s", wrong)
		}
	}
}
