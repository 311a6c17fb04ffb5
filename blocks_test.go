package tracehook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// blocksOf is the blocks of one language of one page: how many there are, and the test that runs or reads
// all of them; or why none does.
type blocksOf struct {
	page, language string
	n              int
	test, why      string
}

func allBlocks() []blocksOf {
	const configurations = "otelbridge.TestDocs_configurations"
	return []blocksOf{
		{page: "README.md", n: 2, language: "sh", why: "they get the module from the network; what they run is tested as examples/quickstart and by TestTheReadmesPrograms"},
		{page: "README.md", n: 2, language: "go", test: "TestTheReadmesPrograms"},
		{page: "README.md", n: 1, language: "toml", test: "TestTheReadmesPrograms"},
		{page: "README.md", n: 2, language: "text", test: "TestTheReadmesPrograms"},
		{page: "docs/benchmarks.md", n: 1, language: "", why: "what a benchmark printed, which make bench-all writes"},
		{page: "docs/command.md", n: 16, language: "console", test: "cmd/tracehook.TestTheDocumentPrintsWhatTheCommandPrints"},
		{page: "docs/command.md", n: 1, language: "sh", why: "it gets the module from the network"},
		{page: "docs/command.md", n: 1, language: "toml", test: configurations},
		{page: "docs/config.md", n: 1, language: "toml", test: "config.TestDocs"},
		{page: "docs/config.md", n: 1, language: "go", test: "otelbridge.TestDocs_programs"},
		{page: "docs/config.md", n: 1, language: "sh", test: "config.TestDocs_variables"},
		{page: "docs/config.md", n: 1, language: "text", test: "config.TestDocs_problems"},
		{page: "docs/drivers.md", n: 6, language: "toml", test: configurations},
		{page: "docs/dynamodb.md", n: 1, language: "sh", why: "it gets the module from the network"},
		{page: "docs/dynamodb.md", n: 2, language: "go", test: "exporter/dynamodb.TestTheDocumentsBlocks"},
		{page: "docs/dynamodb.md", n: 1, language: "toml", test: "exporter/dynamodb.TestTheDocumentsBlocks"},
		{page: "docs/existing-otel.md", n: 3, language: "go", test: "otelbridge.TestDocs_existing"},
		{page: "docs/framework.md", n: 4, language: "go", test: "otelbridge.TestDocs_framework"},
		{page: "docs/greptime.md", n: 1, language: "sh", why: "it needs a GreptimeDB; without one the tests that it names are skipped"},
		{page: "docs/greptime.md", n: 1, language: "toml", test: configurations},
		{page: "docs/migrating-spirentorion.md", n: 1, language: "toml", test: configurations},
		{page: "docs/operating.md", n: 1, language: "go", test: "otelbridge.TestDocs_programs"},
		{page: "docs/operating.md", n: 1, language: "toml", test: configurations},
		{page: "docs/operating.md", n: 1, language: "yaml", test: "config.TestDocs_kubernetes"},
		{page: "docs/propagation.md", n: 1, language: "go", test: "otelbridge/entry.TestTheDocumentsProgram"},
		{page: "docs/propagation.md", n: 1, language: "toml", test: configurations},
		{page: "docs/redaction.md", n: 2, language: "toml", test: configurations},
		{page: "docs/sampling.md", n: 6, language: "toml", test: configurations},
		{page: "docs/troubleshooting.md", n: 1, language: "go", test: "otelbridge.TestDocs_programs"},
		{page: "docs/write-a-driver.md", n: 12, language: "go", test: "examples/custom-driver.TestTheDocumentIsThisProgram"},
		{page: "docs/write-a-driver.md", n: 1, language: "toml", test: "examples/custom-driver.TestTheDocumentIsThisProgram"},
		{page: "docs/write-a-driver.md", n: 1, language: "text", test: "examples/custom-driver.TestTheDocumentIsThisProgram"},
	}
}

var fence = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

// Each block of each page is run or read by a test, or is known not to be, with the reason. The Chinese pages
// have the same blocks, which TestTranslationsAreInStep sees to.
func TestEveryBlockHasATest(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, page := range append(pages, "README.md") {
		if strings.HasSuffix(page, ".zh.md") {
			continue
		}
		for _, m := range fence.FindAllStringSubmatch(contents(t, page), -1) {
			found[filepath.ToSlash(page)+" "+m[1]]++
		}
	}
	for _, b := range allBlocks() {
		key := b.page + " " + b.language
		if found[key] != b.n {
			t.Errorf("%s has %d blocks of %q, and %d have a test: add a test, and the number here", b.page, found[key], b.language, b.n)
		}
		delete(found, key)
		if b.test == "" {
			continue
		}
		dir, name, ok := strings.Cut(b.test, ".")
		if !ok {
			dir, name = ".", b.test
		}
		if !slices.Contains(functions(t, dir), name) {
			t.Errorf("there is no test %s", b.test)
		}
	}
	for key, n := range found {
		t.Errorf("%d blocks of %s are run by no test", n, key)
	}
}

// functions returns the names of the tests, benchmarks and fuzz targets of a directory.
func functions(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`).FindAllStringSubmatch(contents(t, file), -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// The commands that pages name in passing exist: targets of make, packages, and the tests and benchmarks that
// go test is to run. Those of the command tracehook are tested beside it.
func TestCommandsInTextsExist(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, n := contents(t, "Makefile"), 0
	for _, page := range append(pages, "README.md", "README.zh.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md") {
		for _, m := range regexp.MustCompile("`((?:make|go test|go run) [^`]+)`").FindAllStringSubmatch(contents(t, page), -1) {
			n++
			if problem := wrongCommand(t, filepath.Dir(page), makefile, strings.Fields(m[1])); problem != "" {
				t.Errorf("%s: %s: %s", page, m[1], problem)
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d commands were found", n)
	}
}

// wrongCommand says what is wrong with a command, which runs in the root of the repository or beside its page.
func wrongCommand(t *testing.T, beside, makefile string, words []string) string {
	t.Helper()
	if words[0] == "make" {
		if !strings.Contains(makefile, "\n"+words[1]+":") {
			return "no such target"
		}
		return ""
	}
	dir := ""
	for _, root := range []string{".", beside} {
		if _, err := os.Stat(filepath.Join(root, words[2])); err == nil {
			dir = filepath.Join(root, words[2])
		}
	}
	if dir == "" {
		return "no such package"
	}
	for i, word := range words[:len(words)-1] {
		pattern := strings.Trim(words[i+1], "'")
		if word != "-run" && word != "-bench" || pattern == "xxx" || pattern == "-" || pattern == "^$" {
			continue
		}
		kind := map[string]string{"-run": "Test", "-bench": "Benchmark"}[word]
		wanted, err := regexp.Compile(pattern)
		if err != nil || !slices.ContainsFunc(functions(t, dir), func(name string) bool { return strings.HasPrefix(name, kind) && wanted.MatchString(name) }) {
			return fmt.Sprintf("%s %s finds nothing", word, pattern)
		}
	}
	return ""
}
