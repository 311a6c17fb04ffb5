package tracehook_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/tracehook/tracehook"
)

func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}

// The version is a semantic one, that of the newest release in CHANGELOG.md, which has room for the next one
// above it. So does the module that others can require.
func TestVersion(t *testing.T) {
	t.Parallel()
	if !regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`).MatchString(tracehook.Version) {
		t.Errorf("%q is no semantic version", tracehook.Version)
	}
	sections := regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(contents(t, "CHANGELOG.md"), 2)
	if len(sections) < 2 || sections[0][1] != "Unreleased" || !regexp.MustCompile(`^v`+regexp.QuoteMeta(tracehook.Version)+` - \d{4}-\d\d-\d\d$`).MatchString(sections[1][1]) {
		t.Errorf("CHANGELOG.md begins with %q, and Version is %s", sections, tracehook.Version)
	}
	if !strings.Contains(contents(t, "exporter/dynamodb/go.mod"), "\n\tgithub.com/tracehook/tracehook v"+tracehook.Version+"\n") {
		t.Errorf("exporter/dynamodb/go.mod doesn't require v%s: nobody could go get it", tracehook.Version)
	}
}

// The defaults that CHANGELOG.md says there are now are those of the reference.
func TestTheTableOfDefaults(t *testing.T) {
	t.Parallel()
	reference := strings.ReplaceAll(contents(t, "docs/config.md")+contents(t, "docs/drivers.md"), "`", "")
	_, table, _ := strings.Cut(contents(t, "CHANGELOG.md"), "### Defaults that have changed\n")
	table, _, _ = strings.Cut(table, "\n### ")
	checked := 0
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)`[^|]*\\| [^|]* \\| `([^`]+)`").FindAllStringSubmatch(table, -1) {
		checked++
		if !regexp.MustCompile(`(?m)^\| ` + row[1] + `[ ,][^|]*\| [a-z ]+ \| [^|]*` + regexp.QuoteMeta(row[2])).MatchString(reference) {
			t.Errorf("the reference doesn't say that %s is %s", row[1], row[2])
		}
	}
	if checked < 5 {
		t.Errorf("%d rows", checked)
	}
}

// docs/operating.md names the versions that go.mod requires.
func TestTheCompatibilityTable(t *testing.T) {
	t.Parallel()
	mod := contents(t, "go.mod")
	find := func(pattern string) string {
		m := regexp.MustCompile(pattern).FindStringSubmatch(mod)
		if m == nil {
			t.Fatalf("go.mod has no %s", pattern)
		}
		return m[1]
	}
	_, section, _ := strings.Cut(contents(t, "docs/operating.md"), "\n## Versions\n")
	for _, want := range []string{
		"| `v" + tracehook.Version[:strings.LastIndex(tracehook.Version, ".")] + "` |",
		"Go " + find(`(?m)^go (\d+\.\d+)`) + " and newer",
		"v" + find(`go\.opentelemetry\.io/otel/sdk v(\d+\.\d+)\.\d+`) + " and newer",
	} {
		if !strings.Contains(section, want) {
			t.Errorf("docs/operating.md, Versions, doesn't say %q", want)
		}
	}
}

// docs/reliability.md names a test for each promise.
func TestPromisesNameTheirTests(t *testing.T) {
	t.Parallel()
	tests := regexp.MustCompile("`[a-z][a-z/_0-9]+\\.go`").FindAllString(contents(t, "docs/reliability.md"), -1)
	if len(tests) < 12 {
		t.Errorf("only %q", tests)
	}
	for _, name := range tests {
		if _, err := os.Stat(strings.Trim(name, "`")); err != nil {
			t.Error(err)
		}
	}
}
