package spool_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tracehook/tracehook/exporter/spool"
)

// TestAFullDisk uses a real one: 128 KiB, of which the spool believes that it may use far more.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED on a full disk: only root can mount a small one")
	}
	for name, mode := range map[string]spool.Mode{"overflow": spool.Overflow, "always": spool.Always} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := filepath.Join(t.TempDir(), "disk")
			if err := os.Mkdir(disk, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "size=128k,mode=0700"); err != nil {
				t.Skipf("NOT TESTED on a full disk: this root can't mount one: %v", err)
			}
			t.Cleanup(func() {
				if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
					t.Error(err)
				}
			})
			d := &destination{answer: down}
			s := open(t, d, spool.Options{Dir: filepath.Join(disk, "spool"), Mode: mode})
			heal(t, d, s, fill(t, s, 0, 40))
		})
	}
}
