package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/file"
)

func TestExporterFollows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		do   func(t *testing.T, path string)
		want string // in the file with the name
	}{
		{"a rename", func(t *testing.T, path string) {
			t.Helper()
			if err := os.Rename(path, path+".1"); err != nil {
				t.Fatal(err)
			}
		}, "span-1\n"},
		{"a rename and a new file", func(t *testing.T, path string) {
			t.Helper()
			if err := os.Rename(path, path+".1"); err != nil {
				t.Fatal(err)
			}
			write(t, path, "new\n")
		}, "new\nspan-1\n"},
		{"copy and truncate", func(t *testing.T, path string) {
			t.Helper()
			write(t, path+".1", read(t, path))
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		}, "span-1\n"},
		{"a vanished directory", func(t *testing.T, path string) {
			t.Helper()
			dir := filepath.Dir(path)
			if err := os.Rename(dir, dir+".old"); err != nil {
				t.Fatal(err)
			}
		}, "span-1\n"},
		{"somebody who appends", func(t *testing.T, path string) {
			t.Helper()
			write(t, path, read(t, path)+"guest\n")
		}, "span-0\nguest\nspan-1\n"},
		{"somebody who appends half a line", func(t *testing.T, path string) {
			t.Helper()
			write(t, path, read(t, path)+"gue")
		}, "span-0\ngue\nspan-1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "logs", "trace.log")
			e := open(t, path, file.WithEncoder(line{}), file.WithSync(file.SyncBatch))
			export(t, e, span(0))
			test.do(t, path)
			export(t, e, span(1))
			if got := read(t, path); got != test.want {
				t.Errorf("file = %q, want %q", got, test.want)
			}
			// Whoever comes second is refused still, also where the lock's file was gone.
			if second, err := file.New(path); err == nil {
				shut(t, second)
				t.Error("a second exporter was let in")
			}
		})
	}
}

func TestLinesOfGuestsCount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "trace.log")
	e := open(t, path, file.WithEncoder(line{}), file.WithMaxLines(4))
	export(t, e, span(0))
	write(t, path, read(t, path)+strings.Repeat("guest\n", 3))
	export(t, e, span(1))
	if got := names(t, dir); len(got) != 2 {
		t.Errorf("files = %q, want a rotated one too", got)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	export(t, e, spans(2, 6)...)
	if got := names(t, dir); len(got) != 2 {
		t.Errorf("files = %q, want no third: the lines that are gone don't count", got)
	}
}
