package file_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/test/locked"
)

func TestASecondWriterIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		first, second []file.Option
	}{
		{"both exclusive", nil, nil},
		{"the first shares", []file.Option{file.WithShared()}, nil},
		{"the second shares", nil, []file.Option{file.WithShared()}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "trace.log")
			first := open(t, path, test.first...)
			_, err := file.New(path, test.second...)
			if err == nil {
				t.Fatal("a second writer was let in")
			}
			for _, want := range []string{path, "somebody else", "shared = true"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("err = %q, want it to contain %q", err, want)
				}
			}
			if pid := fmt.Sprintf("(process %d)", os.Getpid()); test.first == nil && !strings.Contains(err.Error(), pid) {
				t.Errorf("err = %q, want it to name %s", err, pid)
			}
			shut(t, first)
			shut(t, open(t, path, test.second...))
		})
	}
}

// lockless is a file system without locks.
type lockless struct{ file.OSFS }

func (lockless) Lock(file.Handle, bool) error { return syscall.ENOTSUP }

func TestFileSystemWithoutLocks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	var log locked.Buffer
	e := open(t, path, file.WithFS(lockless{}), file.WithEncoder(line{}), file.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	export(t, e, span(0))
	if got := read(t, path); got != "span-0\n" {
		t.Errorf("file = %q", got)
	}
	if !strings.Contains(log.String(), "nothing keeps a second writer out") {
		t.Errorf("log = %q, want a warning", log.String())
	}
	shut(t, e)
	if _, err := file.New(path, file.WithFS(lockless{}), file.WithShared()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("sharing without locks: err = %v, want it refused", err)
	}
}

func TestSharedFileConcurrentSafe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "trace.log")
	const writers, batches, size = 4, 40, 5
	var wg sync.WaitGroup
	var list []*file.Exporter
	for w := range writers {
		e := open(t, path, file.WithShared(), file.WithEncoder(line{}), file.WithMaxLines(23), file.WithCompression())
		list = append(list, e)
		wg.Go(func() {
			for b := range batches {
				from := (w*batches + b) * size
				if err := e.ExportSpans(context.Background(), spans(from, from+size)); err != nil {
					t.Errorf("ExportSpans: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for _, e := range list {
		shut(t, e)
	}
	once(t, dir, writers*batches*size)
}

// TestSharedNamesGoUp has two writers whose clocks don't agree.
func TestSharedNamesGoUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	slow, fast := &clock{t: epoch}, &clock{t: epoch.Add(time.Hour)}
	opts := []file.Option{file.WithShared(), file.WithEncoder(line{}), file.WithMaxLines(1)}
	one := open(t, path, append(slices.Clone(opts), file.WithClock(slow.now))...)
	two := open(t, path, append(slices.Clone(opts), file.WithClock(fast.now))...)
	export(t, one, spans(0, 2)...)
	export(t, two, spans(2, 4)...)
	slow.set(epoch.Add(time.Minute))
	export(t, one, spans(4, 6)...)
	export(t, two, spans(6, 8)...)
	if diff := cmp.Diff(wantNames(8), readNames(t, path)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// once checks that a directory has each of n spans exactly once.
func once(t *testing.T, dir string, n int) {
	t.Helper()
	seen := make(map[string]int)
	for name := range strings.FieldsSeq(content(t, dir)) {
		seen[name]++
	}
	for i := range n {
		if name := fmt.Sprintf("span-%d", i); seen[name] != 1 {
			t.Errorf("%s is there %d times, want once", name, seen[name])
		}
	}
	if len(seen) != n {
		t.Errorf("%d different lines, want %d", len(seen), n)
	}
}

// content is what all files hold, a compressed one only if its original is gone.
func content(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	list := names(t, dir)
	have := make(map[string]bool)
	for _, name := range list {
		have[name] = true
	}
	for _, name := range list {
		if plain, ok := strings.CutSuffix(name, ".gz"); ok && have[plain] || strings.HasSuffix(name, ".tmp") {
			continue
		}
		b.WriteString(read(t, filepath.Join(dir, name)))
	}
	return b.String()
}

// A file that only has the name of a lock keeps what is in it.
func TestALockWithSomethingInItIsNotWrittenOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	write(t, path+".lock", "precious\n")
	e := open(t, path)
	if _, err := file.New(path); err == nil {
		t.Error("a second writer was let in")
	}
	shut(t, e)
	if got := read(t, path+".lock"); got != "precious\n" {
		t.Errorf("the file = %q, want it as it was", got)
	}
	write(t, path+".lock", "12\n")
	shut(t, open(t, path))
	if got, want := read(t, path+".lock"), fmt.Sprintf("%d\n", os.Getpid()); got != want {
		t.Errorf("the lock = %q, want %q", got, want)
	}
}
