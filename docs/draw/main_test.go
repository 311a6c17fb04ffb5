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

// The committed pictures are what the sampler does today.
func TestPicturesAreUpToDate(t *testing.T) {
	t.Parallel()
	all, err := pictures()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		got, err := os.ReadFile(filepath.Join("..", "img", name))
		if err != nil || string(got) != want {
			t.Errorf("docs/img/%s is not what would be drawn (%v): run go run ./draw in docs and look at it", name, err)
		}
		for d := xml.NewDecoder(strings.NewReader(want)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s is not well-formed: %v", name, err)
			}
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := run(folder); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 4 {
		t.Errorf("%d pictures, %v", len(files), err)
	}
	if err := run(filepath.Join(folder, "missing")); err == nil || !strings.Contains(err.Error(), "picture") {
		t.Errorf("a missing folder: %v", err)
	}
}
