package file_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/test/locked"
)

// countSyncs counts how often files are synced, and fails when told to.
type countSyncs struct {
	file.OSFS
	n    *atomic.Int64
	fail *atomic.Bool
}

type syncFile struct {
	file.Handle
	fs countSyncs
}

func (f syncFile) Fd() uintptr { return f.Handle.(interface{ Fd() uintptr }).Fd() } //nolint:errcheck // it is an *os.File

func (f syncFile) Sync() error {
	f.fs.n.Add(1)
	if f.fs.fail.Load() {
		return syscall.EIO
	}
	return nil
}

func (c countSyncs) OpenFile(name string, flag int, perm os.FileMode) (file.Handle, error) {
	h, err := c.OSFS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return syncFile{h, c}, nil
}

func TestSyncPolicies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		policy file.Sync
		lines  int64
		want   int64 // after two batches of three, at the end
	}{
		{"never", file.SyncNever, 0, 0},
		{"never, and rotated", file.SyncNever, 2, 0},
		{"each batch", file.SyncBatch, 0, 3},              // and once at the end
		{"each batch, and rotated", file.SyncBatch, 2, 5}, // and each file before it is rotated
		{"every hour", file.SyncEvery(time.Hour), 0, 1},   // at the end
		{"every hour, and rotated", file.SyncEvery(time.Hour), 2, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fs := countSyncs{n: new(atomic.Int64), fail: new(atomic.Bool)}
			e := open(t, filepath.Join(t.TempDir(), "trace.log"), file.WithFS(fs), file.WithSync(test.policy),
				file.WithMaxLines(test.lines))
			export(t, e, spans(0, 3)...)
			export(t, e, spans(3, 6)...)
			shut(t, e)
			if got := fs.n.Load(); got != test.want {
				t.Errorf("%d syncs, want %d", got, test.want)
			}
		})
	}
}

func TestSyncEverySecond(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		fs := countSyncs{n: new(atomic.Int64), fail: new(atomic.Bool)}
		var log locked.Buffer
		e, err := file.New(filepath.Join(dir, "trace.log"), file.WithFS(fs), file.WithSync(file.SyncEvery(time.Second)),
			file.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		after := func(d time.Duration, want int64) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if got := fs.n.Load(); got != want {
				t.Errorf("%d syncs, want %d", got, want)
			}
		}
		after(3500*time.Millisecond, 0) // nothing was written
		export(t, e, spans(0, 3)...)
		export(t, e, spans(3, 6)...)
		after(0, 0)
		after(time.Second, 1)
		after(5*time.Second, 1)
		fs.fail.Store(true)
		export(t, e, span(6))
		after(time.Second, 2)
		if !strings.Contains(log.String(), "the trace file couldn't be forced to the disk") {
			t.Errorf("log = %q", log.String())
		}
		fs.fail.Store(false)
		after(time.Second, 3) // tries again
		after(time.Second, 3)
		shut(t, e)
	})
}
