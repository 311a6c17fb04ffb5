package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/file"
)

func TestHalfARecordIsMovedAside(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200_000)
	for _, test := range []struct {
		name, kind, before, keep, torn string
	}{
		{"half a line", "json", "{}\n{\"name\":\"a", "{}\n", "{\"name\":\"a\n"},
		{"nothing but half a line", "json", "{\"name\":\"a", "", "{\"name\":\"a\n"},
		{"a long half line", "json", "{}\n" + long, "{}\n", long + "\n"},
		{"zeros of a power failure", "json", "{}\n\x00\x00\x00", "{}\n", "\x00\x00\x00\n"},
		{"a line that only lacks its end", "json", "{}\n{\"a\":1}", "{}\n{\"a\":1}\n", ""},
		{"half a document", "yaml", "---\na: 1\n---\nb: 2\nc", "---\na: 1\n", "---\nb: 2\nc\n"},
		{"a first half document", "yaml", "---\nb: 2\nc", "", "---\nb: 2\nc\n"},
		{"text", "text", "one\ntw", "one\n", "tw\n"},
		{"a whole file", "json", "{}\n", "{}\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "trace.log")
			write(t, path, test.before)
			encoder, err := encode.New(test.kind, exporter.Settings{})
			if err != nil {
				t.Fatal(err)
			}
			e := open(t, path, file.WithEncoder(encoder))
			export(t, e, span(0))
			got, ok := strings.CutPrefix(read(t, path), test.keep)
			if !ok || got == "" || strings.Contains(got, "xxx") || !strings.HasSuffix(got, "\n") {
				t.Errorf("file = %.100q, want %q and a span", got, test.keep)
			}
			torn, err := os.ReadFile(path + ".torn")
			if err != nil && test.torn != "" {
				t.Fatal(err)
			}
			if string(torn) != test.torn {
				t.Errorf("torn = %.100q, want %.100q", torn, test.torn)
			}
		})
	}
}

// appendOnly is a file system on which files can't be cut, as with chattr +a.
type appendOnly struct{ file.OSFS }

type uncuttable struct{ file.Handle }

func (uncuttable) Truncate(int64) error { return os.ErrPermission }

func (f appendOnly) OpenFile(name string, flag int, perm os.FileMode) (file.Handle, error) {
	h, err := f.OSFS.OpenFile(name, flag, perm)
	if err != nil || strings.HasSuffix(name, ".lock") {
		return h, err
	}
	return uncuttable{h}, nil
}

func TestHalfARecordThatCannotBeCutIsIsolated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	write(t, path, "span-0\nspa")
	e := open(t, path, file.WithEncoder(line{}), file.WithFS(appendOnly{}))
	export(t, e, spans(1, 3)...)
	export(t, e, span(3))
	if got, want := read(t, path), "span-0\nspa\nspan-1\nspan-2\nspan-3\n"; got != want {
		t.Errorf("file = %q, want %q", got, want)
	}
}
