package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/report"
)

// TestFullDisk fills a real file system, sees that the count stays exact, makes room, and
// sees that it heals.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=128k"); err != nil {
		t.Skipf("SKIPPED, NO REAL FULL DISK WAS TRIED: this user may not mount a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	for _, policy := range []file.Sync{file.SyncNever, file.SyncBatch} {
		dir := filepath.Join(disk, fmt.Sprint(policy))
		ballast := filepath.Join(disk, "ballast")
		write(t, ballast, strings.Repeat("x", 64<<10))
		e := open(t, filepath.Join(dir, "trace.log"), file.WithSync(policy), file.WithMaxSize(20_000))
		exported := make(map[string]bool)
		full, healed := 0, 0
		for n := 0; healed < 3; n += 7 {
			err := e.ExportSpans(t.Context(), spans(n, n+7))
			done := 7
			var partial *report.Result
			switch {
			case errors.As(err, &partial):
				done = partial.Exported
				if !errors.Is(err, syscall.ENOSPC) {
					t.Fatalf("err = %v, want no space", err)
				}
				if partial.Failed == 0 {
					break // it couldn't rotate, but had room for the spans
				}
				if full++; full == 5 {
					if err := os.Remove(ballast); err != nil {
						t.Fatal(err)
					}
				}
			case err != nil:
				t.Fatal(err)
			case full >= 5:
				healed++
			}
			for i := range 7 {
				exported[fmt.Sprintf("span-%d", n+i)] = i < done
			}
			if n > 100_000 {
				t.Fatalf("it met a full disk %d times and doesn't heal", full)
			}
		}
		shut(t, e)
		seen := make(map[string]int)
		for _, name := range readNames(t, dir) {
			seen[name]++
		}
		for name, want := range exported {
			if want && seen[name] != 1 || !want && seen[name] != 0 {
				t.Errorf("%s is there %d times, and was reported as exported: %v", name, seen[name], want)
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}
