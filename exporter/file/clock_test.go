package file_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/file"
)

// A clock that was wrong when the process began, or a machine that slept, keeps files for a
// day longer, and not for ever.
func TestAClockThatStaysAheadIsBelievedAfterADay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		name := time.Now().Add(-time.Hour).Format("trace.20060102.150405.log")
		write(t, filepath.Join(dir, name), "x\n")
		var ahead atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		e, err := file.New(filepath.Join(dir, "trace.log"), file.WithMaxAge(7*24*time.Hour), file.WithClock(now))
		if err != nil {
			t.Fatal(err)
		}
		after := func(d time.Duration, want ...string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if diff := cmp.Diff(want, names(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		}
		after(time.Minute, name, "trace.log")
		ahead.Store(int64(30 * 24 * time.Hour))
		after(20*time.Hour, name, "trace.log")
		ahead.Store(0) // for a while it is right
		after(2*time.Hour, name, "trace.log")
		ahead.Store(int64(30 * 24 * time.Hour))
		after(20*time.Hour, name, "trace.log")
		after(7*time.Hour, "trace.log")
		shut(t, e)
	})
}
