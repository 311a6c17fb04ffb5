package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The committed pictures are what the sampler does today and what the last run of the benchmarks has measured,
// and so are the tables of docs/benchmarks.md.
func TestFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	all, err := files("..")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range all {
		got, err := os.ReadFile(filepath.Join("..", path))
		if err != nil || string(got) != want {
			t.Errorf("docs/%s is not what would be made (%v): run go run ./draw in docs and look at it", path, err)
		}
		if filepath.Ext(path) != ".svg" {
			continue
		}
		for d := xml.NewDecoder(strings.NewReader(want)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s is not well-formed: %v", path, err)
			}
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := run(folder); err == nil {
		t.Error("a folder without the page was filled")
	}
	page, err := os.ReadFile("../benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "benchmarks.md"), page, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(folder); err == nil || !strings.Contains(err.Error(), "img") {
		t.Errorf("a missing folder for the pictures: %v", err)
	}
	if err := os.Mkdir(filepath.Join(folder, "img"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := run(folder); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(filepath.Join(folder, "img")); err != nil || len(files) != 8 {
		t.Errorf("%d pictures, %v", len(files), err)
	}
}
