//go:build unix

package spool_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/locked"
)

// A file that can't be read now, as when a process has no descriptors left, is no damaged one.
func TestAFileThatCantBeReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	there, link := mkdir(t, filepath.Join(base, "there"), 0o700), filepath.Join(base, "link")
	nothing := filepath.Join(base, "nothing")
	if err := os.WriteFile(nothing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	point := func(to string) { // at once: a directory that is missing for a moment would be made again
		t.Helper()
		if err := errors.Join(os.Symlink(to, link+"2"), os.Rename(link+"2", link)); err != nil {
			t.Fatal(err)
		}
	}
	point(there)
	dir := filepath.Join(link, "spool")
	leave(t, dir, 5)
	var logged locked.Buffer
	d := &destination{answer: down}
	s := open(t, d, spool.Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	point(nothing) // all below is "not a directory" now, which isn't "not there"
	d.set(up)
	eventually(t, "a failed reading", func() bool {
		return strings.Contains(logged.String(), "can't be read now")
	})
	if _, _, dead, _ := s.Counts(); dead != 0 {
		t.Errorf("%d spans are dead", dead)
	}
	point(there)
	eventually(t, "replayed", func() bool { return pending(s) == 0 })
	delivered := d.delivered()
	slices.Sort(delivered)
	if diff := cmp.Diff([]uint64{0, 1, 2, 3, 4}, delivered); diff != "" {
		t.Error(diff)
	}
}

// One that can never be read doesn't keep the others from being sent.
func TestAFileThatCanNeverBeReadIsBuried(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("NOT TESTED: root can read everything")
	}
	dir := filepath.Join(t.TempDir(), "spool")
	names := leave(t, dir, 8)
	if err := os.Chmod(names[0], 0); err != nil {
		t.Fatal(err)
	}
	d := &destination{}
	s := open(t, d, spool.Options{Dir: dir})
	eventually(t, "settled", func() bool { return pending(s) == 0 })
	if _, replayed, dead, _ := s.Counts(); replayed != 70 || dead != 10 {
		t.Errorf("replayed %d, dead %d, want 70 and 10", replayed, dead)
	}
}

// What Check accepts opens.
func TestCheckFindsWhatCantBeWritten(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("NOT TESTED: root can write everywhere")
	}
	for _, dir := range []string{"closed", "closed/a", "closed/a/b"} {
		base := filepath.Join(t.TempDir(), "base")
		if err := os.Mkdir(base, 0o700); err != nil {
			t.Fatal(err)
		}
		mkdir(t, filepath.Join(base, "closed"), 0o500)
		err := spool.Check(spool.Options{Dir: filepath.Join(base, dir), Connection: "test"})
		if err == nil || !strings.Contains(err.Error(), "may not write to") {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
