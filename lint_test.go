package tracehook_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An exception to a rule of lint names a linter that is enabled: nolintlint doesn't look at others.
func TestLintExceptionsNameEnabledLinters(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(".golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(data), "enable:\n")
	list, _, found := strings.Cut(list, "]")
	enabled := regexp.MustCompile(`[a-z]{3,}`).FindAllString(regexp.MustCompile(`#.*`).ReplaceAllString(list, ""), -1)
	if !found || !slices.Contains(enabled, "nolintlint") {
		t.Fatalf("the enabled linters are %v", enabled)
	}
	exception := regexp.MustCompile(`//` + `nolint:([a-z,]+)`)
	err = filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".go" {
			return err
		}
		text, err := os.ReadFile(file)
		for _, m := range exception.FindAllStringSubmatch(string(text), -1) {
			for name := range strings.SplitSeq(m[1], ",") {
				if !slices.Contains(enabled, name) {
					t.Errorf("%s: %s is not enabled in .golangci.yml, so nothing has to be excepted from it", file, name)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
