package exporter_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every driver passes the whole kit: a package with a function Driver runs it.
func TestEveryDriverRunsTheKit(t *testing.T) {
	t.Parallel()
	texts := func(pattern string) string {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(data)
		}
		return all.String()
	}
	directories, err := filepath.Glob("*/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	drivers := 0
	for _, doc := range directories {
		dir := filepath.Dir(doc)
		if !strings.Contains(texts(filepath.Join(dir, "*.go")), "\nfunc Driver() exporter.Driver") {
			continue
		}
		drivers++
		if tests := texts(filepath.Join(dir, "*_test.go")); !strings.Contains(tests, "exportertest.RunDriver(") && !strings.Contains(tests, "exportertest.DriverProblems(") {
			t.Errorf("the driver in %s doesn't run exportertest.RunDriver", dir)
		}
	}
	if drivers < 11 {
		t.Errorf("%d drivers", drivers)
	}
}
