package dynamodb_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/dynamodb"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/setting"
)

func file(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(content), "\r\n", "\n")
}

// docs/dynamodb.md has every key that the driver reads, with its type, its default and its words.
func TestTheDocumentHasAllKeys(t *testing.T) {
	t.Parallel()
	known := map[string]setting.Key{}
	s := exporter.Settings{Connection: "c", Path: "trace.c", Setting: map[string]any{"endpoint": "http://127.0.0.1"}}
	s.Source = setting.NewRecorder(func(at string, key setting.Key) {
		if name := "`" + strings.Join(key.Names, "`, `") + "`"; at == "trace.c.setting" && (known[name].Type == "" || key.Type != "") {
			known[name] = key
		}
	})
	if err := dynamodb.Driver().Check(s); err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(file(t, "../../docs/dynamodb.md"), "### Keys of dynamodb\n")
	section, _, _ = strings.Cut(section, "\n#")
	var got []string
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 4 || cells[0] == "key" {
			continue
		}
		got = append(got, cells[0])
		key := known[cells[0]]
		if key.Type != cells[1] {
			t.Errorf("%s is documented as %q, and read as %q", cells[0], cells[1], key.Type)
		}
		if word, ok := key.Default.(string); ok && word != "" && cells[2] != "`\""+word+"\"`" {
			t.Errorf("the default of %s is documented as %s, and is %q", cells[0], cells[2], word)
		}
		for _, word := range key.Words {
			if !strings.Contains(cells[3], "`\""+word+"\"`") {
				t.Errorf("%s doesn't mention %q", cells[0], word)
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), got); diff != "" {
		t.Errorf("keys (-read +documented):\n%s", diff)
	}
}

// The blocks of docs/dynamodb.md are configuration that works, and code that is here.
func TestTheDocumentsBlocks(t *testing.T) {
	t.Parallel()
	code := file(t, "example_test.go")
	blocks := map[string]int{}
	for i, part := range strings.Split(file(t, "../../docs/dynamodb.md"), "```") {
		if i%2 == 0 {
			continue
		}
		language, block, _ := strings.Cut(part, "\n")
		blocks[language]++
		switch language {
		case "go":
			if !strings.Contains(code, block) {
				t.Errorf("this block isn't in example_test.go:\n%s", block)
			}
		case "toml":
			cfg, err := config.Parse([]byte(block), "toml", config.WithEnviron(func() []string { return nil }))
			if err == nil {
				err = otelbridge.Check(cfg, otelbridge.WithDriverSpec("dynamodb", dynamodb.Driver()))
			}
			if err != nil {
				t.Errorf("%v in\n%s", err, block)
			}
		}
	}
	if blocks["go"] != 2 || blocks["toml"] != 1 {
		t.Errorf("the document has %v", blocks)
	}
}
