package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/file"
)

func TestRetentionByNumber(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stay := []string{
		"trace.20261120.113131.2.log", "trace.20261120.113131.10.log.gz", "trace.20261120.113132.log", "trace.log",
		// names that only look like ours
		"other.20200101.000000.log", "trace.20201301.000000.log", "trace.20200101.000000.log.bak", "trace.20200101.000000.x.log",
		"trace.20200101.000000.01.log", "trace.20200101.000000", "trace.log.1", "xtrace.20200101.000000.log",
	}
	for _, name := range append(stay, "trace.20261119.113131.log", "trace.20261119.113131.log.gz", "trace.20261120.113131.log", "trace.20261120.113131.1.log.gz") {
		write(t, filepath.Join(dir, name), "x\n")
	}
	if err := os.Mkdir(filepath.Join(dir, "trace.20200101.000001.log"), 0o700); err != nil {
		t.Fatal(err)
	}
	reserved := "trace.20261120.113133.log" // by a rotation that is about to happen
	write(t, filepath.Join(dir, reserved), "")
	c := &clock{t: epoch}
	shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithMaxFiles(3), file.WithClock(c.now)))
	want := append([]string{"trace.20200101.000001.log", reserved}, stay...)
	if diff := cmp.Diff(sorted(want), names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestRetentionByAge looks at names in local time: read as UTC they would be 8 hours off.
func TestRetentionByAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	east := time.FixedZone("east", 8*3600)
	now := epoch.In(east)
	c := &clock{t: now}
	name := func(age time.Duration) string { return now.Add(-age).Format("trace.20060102.150405.log") }
	young, old := name(167*time.Hour), name(169*time.Hour)
	// A name from the future, given by a wrong clock, goes by its last change.
	future, stale := name(-1000*time.Hour), name(-1001*time.Hour)
	for _, n := range []string{young, old, future, stale} {
		write(t, filepath.Join(dir, n), "x\n")
	}
	for n, at := range map[string]time.Time{future: now.Add(-time.Hour), stale: now.Add(-200 * time.Hour)} {
		if err := os.Chtimes(filepath.Join(dir, n), at, at); err != nil {
			t.Fatal(err)
		}
	}
	shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithMaxAge(7*24*time.Hour), file.WithClock(c.now)))
	if diff := cmp.Diff(sorted([]string{young, future, "trace.log"}), names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestRetentionAfterRotations(t *testing.T) {
	t.Parallel()
	for _, compress := range []bool{false, true} {
		t.Run(fmt.Sprintf("compressed %v", compress), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			opts := []file.Option{file.WithEncoder(line{}), file.WithMaxLines(1), file.WithMaxFiles(2)}
			if compress {
				opts = append(opts, file.WithCompression())
			}
			e := open(t, filepath.Join(dir, "trace.log"), opts...)
			for n := range 30 {
				export(t, e, span(n))
			}
			shut(t, e)
			if diff := cmp.Diff([]string{"span-27", "span-28", "span-29"}, readNames(t, dir)); diff != "" {
				t.Errorf("spans (-want +got):\n%s", diff)
			}
		})
	}
}
