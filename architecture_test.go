package tracehook_test

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The map in ARCHITECTURE.md has every package of this module and every module below it, and
// nothing else.
func TestTheMapIsComplete(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), "## The parts\n```\n")
	text, _, found := strings.Cut(text, "```")
	if !found {
		t.Fatal("there is no map")
	}
	listed := map[string]bool{}
	var above []string // the entry above at each depth
	for line := range strings.Lines(text) {
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		name, isDir := strings.CutSuffix(strings.Fields(line)[0], "/")
		if !isDir {
			continue
		}
		if depth > len(above) {
			t.Fatalf("what is %q below?", name)
		}
		above = append(above[:depth], name)
		listed[path.Join(above...)] = true
	}
	there := directories(t)
	for _, dir := range slices.Sorted(maps.Keys(there)) {
		if !listed[dir] {
			t.Errorf("%s is not in the map of ARCHITECTURE.md: say there what it is for", dir)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(listed)) {
		if dir != "internal" && dir != "examples" && !there[dir] {
			t.Errorf("%s is in the map of ARCHITECTURE.md, but there is no such package or module", dir)
		}
	}
}

// directories returns those that hold a package of this module, and those of the modules below.
func directories(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	var inside string // the module whose folder the walk is in, with a slash; "" in this one
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		file = filepath.ToSlash(file)
		dir := path.Dir(file)
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir():
			if _, err := os.Stat(path.Join(file, "go.mod")); err == nil && file != "." {
				all[file], inside = true, file+"/"
			}
		case path.Ext(file) == ".go" && dir != "." && (inside == "" || !strings.HasPrefix(file, inside)):
			all[dir] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What ARCHITECTURE.md calls a path is one.
func TestPathsOfTheMapExist(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	paths := regexp.MustCompile("`[a-z][a-z0-9_./-]*/[a-z0-9_./-]*`").FindAllString(string(data), -1)
	if len(paths) < 20 {
		t.Errorf("only %d paths found", len(paths))
	}
	for _, p := range paths {
		if _, err := os.Stat(strings.Trim(p, "`")); err != nil {
			t.Errorf("ARCHITECTURE.md names %s: %v", p, err)
		}
	}
}
