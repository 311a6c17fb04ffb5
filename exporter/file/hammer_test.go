package file_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tracehook/tracehook/exporter/file"
)

// TestRotationUnderLoadConcurrentSafe rotates by size, lines and a clock that jumps to and
// fro, all at once, more often than names have seconds.
func TestRotationUnderLoadConcurrentSafe(t *testing.T) {
	t.Parallel()
	const workers, batches, size = 64, 20, 3
	dir := t.TempDir()
	c := &clock{t: epoch}
	e := open(t, filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithClock(c.now),
		file.WithMaxLines(4), file.WithMaxSize(35), file.WithSlice(file.Hourly))
	start := time.Now()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for b := range batches {
				if b%4 == 0 {
					c.set(epoch.Add(time.Duration(rand.IntN(5)-2) * time.Hour))
				}
				from := (w*batches + b) * size
				if err := e.ExportSpans(context.Background(), spans(from, from+size)); err != nil {
					t.Errorf("ExportSpans: %v", err)
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	shut(t, e)
	once(t, dir, workers*batches*size)
	rotations := len(names(t, dir)) - 1
	t.Logf("%d rotations, %.0f in a second", rotations, float64(rotations)/took.Seconds())
	if rotations < 1000 {
		t.Errorf("%d rotations, want at least 1000", rotations)
	}
	for _, name := range names(t, dir) {
		if got := read(t, filepath.Join(dir, name)); len(got) > 35 || strings.Count(got, "\n") > 4 || got == "" {
			t.Errorf("%s has %d bytes and %d lines", name, len(got), strings.Count(got, "\n"))
		}
	}
}
