package file_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/test/locked"
)

// watchFS notes what is done to the disk, and interferes if it is told to.
type watchFS struct {
	file.OSFS
	mu       sync.Mutex
	largest  int                    // the longest read
	names    []string               // renames, syncs, cuts and removals, in their order
	renaming func(to string)        // called before a renaming
	writing  func(name string) bool // called after half of a write, whose other half fails if it says so
}

func (f *watchFS) note(what, path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := filepath.Base(path)
	if plain, ok := strings.CutSuffix(name, ".tmp"); ok { // it has something random in it
		name = strings.TrimSuffix(plain, filepath.Ext(plain)) + ".tmp"
	}
	f.names = append(f.names, what+" "+name)
}

func (f *watchFS) OpenFile(name string, flag int, perm os.FileMode) (file.Handle, error) {
	h, err := f.OSFS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &watchFile{h, f, name}, nil
}

func (f *watchFS) Rename(from, to string) error {
	f.note("rename", to)
	if f.renaming != nil {
		f.renaming(to)
	}
	return f.OSFS.Rename(from, to)
}

func (f *watchFS) RenameNew(from, to string) error {
	f.note("rename", to)
	if f.renaming != nil {
		f.renaming(to)
	}
	return f.OSFS.RenameNew(from, to)
}

func (f *watchFS) Remove(name string) error {
	f.note("remove", name)
	return f.OSFS.Remove(name)
}

func (f *watchFS) SyncDir(name string) error {
	f.note("sync", "directory")
	return f.OSFS.SyncDir(name)
}

type watchFile struct {
	file.Handle
	fs   *watchFS
	name string
}

func (f *watchFile) Sync() error {
	f.fs.note("sync", f.name)
	return f.Handle.Sync()
}

func (f *watchFile) Truncate(size int64) error {
	if filepath.Ext(f.name) != ".lock" {
		f.fs.note("cut", f.name)
	}
	return f.Handle.Truncate(size)
}

func (f *watchFile) Write(p []byte) (int, error) {
	if f.fs.writing == nil || filepath.Ext(f.name) == ".lock" {
		return f.Handle.Write(p)
	}
	n, err := f.Handle.Write(p[:len(p)/2])
	if err != nil || f.fs.writing(f.name) {
		return n, errors.Join(err, syscall.ENOSPC)
	}
	rest, err := f.Handle.Write(p[n:])
	return n + rest, err
}

func (f *watchFile) Fd() uintptr { return f.Handle.(interface{ Fd() uintptr }).Fd() } //nolint:errcheck // it is an *os.File

func (f *watchFile) ReadAt(p []byte, at int64) (int, error) {
	f.fs.mu.Lock()
	f.fs.largest = max(f.fs.largest, len(p))
	f.fs.mu.Unlock()
	return f.Handle.ReadAt(p, at)
}

// A torn line costs a bounded amount of memory, also if it may be whole.
func TestATornLineOfAnySizeIsReadInParts(t *testing.T) {
	t.Parallel()
	for name, torn := range map[string]string{
		"half a record":           `{"name":"` + strings.Repeat("x", 8<<20),
		"a whole one without end": `{"name":"` + strings.Repeat("x", 8<<20) + `"}`,
		"half a short one":        `{"name":"x`,
	} {
		path := filepath.Join(t.TempDir(), "trace.log")
		write(t, path, "{}\n"+torn)
		fs := &watchFS{}
		shut(t, open(t, path, file.WithFS(fs)))
		if got := read(t, path) + read(t, path+".torn"); got != "{}\n"+torn+"\n" {
			t.Errorf("%s: %d bytes in both files, want %d", name, len(got), len(torn)+4)
		}
		if fs.largest > 1<<20 {
			t.Errorf("%s: %d bytes were read at once, want at most 1 MiB", name, fs.largest)
		}
	}
}

// growing is an encoder that notes the capacity of the buffer that it is given.
type growing struct {
	encode.Encoder
	size, got *int
}

func (g growing) Append(dst []byte, list []sdktrace.ReadOnlySpan) []byte {
	*g.got = cap(dst)
	return g.Encoder.Append(append(dst, strings.Repeat("x", *g.size)...), list)
}

func TestABufferThatGrewForOneHugeSpanIsLetGo(t *testing.T) {
	t.Parallel()
	size, got := 20<<20, 0
	e := open(t, filepath.Join(t.TempDir(), "trace.log"), file.WithEncoder(growing{line{}, &size, &got}))
	export(t, e, span(0))
	size = 10
	export(t, e, span(1))
	if got > 16<<20 {
		t.Errorf("%d bytes are kept, want at most 16 MiB", got)
	}
	export(t, e, span(2))
	if got == 0 {
		t.Error("nothing is kept between batches of a usual size")
	}
}

// The original of a compressed file is removed once the compressed one and its name are on
// the disk.
func TestTheOriginalGoesLast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, rotatedName), "one\n")
	fs := &watchFS{}
	shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithCompression(), file.WithFS(fs)))
	want := []string{"sync " + rotatedName + ".gz.tmp", "rename " + rotatedName + ".gz", "sync directory", "remove " + rotatedName}
	if diff := cmp.Diff(want, fs.names); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// Half a record is cut off once its copy is on the disk.
func TestATornLineIsCutLast(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	write(t, path, "{}\n{\"na")
	fs := &watchFS{}
	shut(t, open(t, path, file.WithFS(fs)))
	if diff := cmp.Diff([]string{"sync trace.log.torn", "cut trace.log"}, fs.names); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// What somebody appends to a rotated file while it is compressed isn't lost.
func TestAFileThatGrowsWhileItIsCompressedStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, rotatedName)
	write(t, path, "one\n")
	fs := &watchFS{renaming: func(string) { appendTo(t, path, "two\n") }}
	shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithCompression(), file.WithFS(fs)))
	if got := read(t, path); got != "one\ntwo\n" {
		t.Errorf("the original = %q, want it as it was", got)
	}
}

// Half a batch is taken back only while nobody has written behind it.
func TestWhatOthersAppendIsNeverCut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	full := true
	fs := &watchFS{writing: func(name string) bool {
		if full {
			appendTo(t, name, "\nother\n")
		}
		return full
	}}
	e := open(t, path, file.WithEncoder(line{}), file.WithFS(fs))
	if err := e.ExportSpans(t.Context(), spans(0, 3)); err == nil {
		t.Error("a full disk is no error")
	}
	full = false
	export(t, e, span(3))
	if got, want := read(t, path), "span-0\nspa\nother\nspan-3\n"; got != want {
		t.Errorf("file = %q, want %q", got, want)
	}
}

// What takes the place of a half compressed file costs nothing that was written.
func TestACompressedFileThatIsReplacedCostsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, rotatedName), "one\n")
	var log locked.Buffer
	fs := &watchFS{renaming: func(string) {
		halves, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
		if err != nil || len(halves) != 1 {
			t.Errorf("unfinished files = %q, %v", halves, err)
			return
		}
		if err := os.Remove(halves[0]); err != nil {
			t.Error(err)
		}
		write(t, halves[0], "something else")
	}}
	shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithCompression(), file.WithFS(fs), file.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))))
	if got := read(t, filepath.Join(dir, rotatedName)); got != "one\n" {
		t.Errorf("the original = %q", got)
	}
	if !strings.Contains(log.String(), "was replaced") {
		t.Errorf("log = %q, want the reason", log.String())
	}
}

// A file that takes the place of the log in the middle of a batch isn't renamed.
func TestAFileInPlaceOfTheLogIsNotRotated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	moved := false
	fs := &watchFS{writing: func(string) bool {
		if !moved {
			moved = true
			if err := os.Rename(path, path+".moved"); err != nil {
				t.Error(err)
			}
			write(t, path, "other\n")
		}
		return false
	}}
	e := open(t, path, file.WithEncoder(line{}), file.WithMaxLines(2), file.WithFS(fs))
	err := e.ExportSpans(t.Context(), spans(0, 3))
	if err == nil || !strings.Contains(err.Error(), "another file") {
		t.Errorf("err = %v, want it to say that the log is another file", err)
	}
	if got := read(t, path) + read(t, path+".moved"); got != "other\nspan-2\nspan-0\nspan-1\n" {
		t.Errorf("both files = %q", got)
	}
}
