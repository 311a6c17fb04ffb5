package file_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/test/locked"
)

const rotatedName = "trace.20261120.113131.log"

func TestCompressionIsDoneAgainAfterACrash(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a line that is long enough\n", 5000)
	whole := zipped(t, text)
	for _, test := range []struct {
		name  string
		files map[string]string
	}{
		{"before it began", map[string]string{rotatedName: text}},
		{"half way", map[string]string{rotatedName: text, rotatedName + ".gz.tmp": whole[:len(whole)/2]}},
		{"before the original was removed", map[string]string{rotatedName: text, rotatedName + ".gz": whole}},
		{"half way, by a program that doesn't rename", map[string]string{rotatedName: text, rotatedName + ".gz": whole[:len(whole)/2]}},
		{"before a byte, by such a program", map[string]string{rotatedName: text, rotatedName + ".gz": ""}},
		{"after the end", map[string]string{rotatedName + ".gz": whole}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, content := range test.files {
				write(t, filepath.Join(dir, name), content)
				if err := os.Chtimes(filepath.Join(dir, name), epoch, epoch); err != nil {
					t.Fatal(err)
				}
			}
			shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithCompression()))
			if diff := cmp.Diff([]string{rotatedName + ".gz", "trace.log"}, names(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			path := filepath.Join(dir, rotatedName+".gz")
			if got := read(t, path); got != text {
				t.Errorf("%d bytes in the compressed file, want %d", len(got), len(text))
			}
			info, err := os.Stat(path)
			if err != nil || !info.ModTime().Equal(epoch) || info.Mode().Perm() != 0o600 {
				t.Errorf("info = %v %v, %v; want the time of the last line, and privacy", info.ModTime(), info.Mode(), err)
			}
		})
	}
}

func TestCompressionNeverOverwritesSomethingElse(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]string{
		"other text":  zipped(t, "other\n"),
		"longer text": zipped(t, "one\ntwo\nthree\n"),
		"no gzip":     "something of the user's",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, rotatedName), "one\ntwo\n")
			write(t, filepath.Join(dir, rotatedName+".gz"), other)
			var log locked.Buffer
			shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithCompression(), file.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))))
			got, err := os.ReadFile(filepath.Join(dir, rotatedName+".gz"))
			if err != nil || string(got) != other {
				t.Errorf("the other file = %q, %v", got, err)
			}
			if got := read(t, filepath.Join(dir, rotatedName)); got != "one\ntwo\n" {
				t.Errorf("the original = %q", got)
			}
			if !strings.Contains(log.String(), "other content") {
				t.Errorf("log = %q, want the reason", log.String())
			}
		})
	}
}

// TestShutdownDoesNotWaitForCompressionForever gives up in the middle of a big file, and
// the next start does it again.
func TestShutdownDoesNotWaitForCompressionForever(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := strings.Repeat("a line that is long enough to take its time\n", 1_000_000)
	write(t, filepath.Join(dir, rotatedName), text)
	e := open(t, filepath.Join(dir, "trace.log"), file.WithCompression())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	if err := e.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("shut down after %v", time.Since(start))
	if got := read(t, filepath.Join(dir, rotatedName)); len(got) != len(text) {
		t.Fatalf("%d bytes are left of the original, want %d", len(got), len(text))
	}
	shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithCompression()))
	if got := read(t, filepath.Join(dir, rotatedName+".gz")); got != text {
		t.Errorf("%d bytes in the compressed file, want %d", len(got), len(text))
	}
}

func TestGzipReadsCompressedFiles(t *testing.T) {
	t.Parallel()
	gzip, err := exec.LookPath("gzip")
	if err != nil {
		t.Skip("there is no gzip on this machine: nobody else has read our files")
	}
	dir := t.TempDir()
	e := open(t, filepath.Join(dir, "trace.log"), file.WithCompression(), file.WithMaxLines(10))
	export(t, e, spans(0, 100)...)
	shut(t, e)
	list, err := filepath.Glob(filepath.Join(dir, "*.gz"))
	if err != nil || len(list) != 9 {
		t.Fatalf("compressed files = %q, %v, want 9", list, err)
	}
	if out, err := exec.CommandContext(t.Context(), gzip, append([]string{"-t", "-v"}, list...)...).CombinedOutput(); err != nil {
		t.Errorf("gzip -t: %v\n%s", err, out)
	}
}
