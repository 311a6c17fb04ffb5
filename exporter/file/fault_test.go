package file_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/report"
)

// TestEveryCallMayFail lets each call to the file system fail, one after the other, in a
// run with rotations, compression and retention, and afterwards looks for every span: what
// was reported as exported is there once, and what was reported as failed is not there.
func TestEveryCallMayFail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		length int  // calls that fail in a row
		half   bool // a write that fails has written half
		sync   file.Sync
		shared bool
	}{
		{"once, nothing is written", 1, false, file.SyncBatch, false},
		{"once, half is written", 1, true, file.SyncBatch, false},
		{"once, half is written, no sync", 1, true, file.SyncNever, false},
		{"once, half is written, shared", 1, true, file.SyncBatch, true},
		{"twice", 2, true, file.SyncBatch, false},
		{"five times in a row, shared", 5, true, file.SyncBatch, true},
		{"for long", 40, true, file.SyncBatch, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			opts := []file.Option{
				file.WithEncoder(line{}), file.WithMaxLines(4), file.WithSync(test.sync),
				file.WithCompression(), file.WithMaxFiles(100),
			}
			if test.shared {
				opts = append(opts, file.WithShared())
			}
			step := 1
			if testing.Short() {
				step = 11
			}
			at := 1
			for ; faultRound(t, at, test.length, test.half, opts); at += step {
				if t.Failed() {
					t.Fatalf("the fault was at call %d", at)
				}
			}
			t.Logf("%d calls", at-1)
			if at < 100 {
				t.Errorf("a run made only %d calls; what is looked at?", at)
			}
		})
	}
}

// faultRound says whether a run was long enough to meet its fault.
func faultRound(t *testing.T, at, length int, half bool, opts []file.Option) bool {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "logs")
	path := filepath.Join(dir, "trace.log")
	fault := &faultFS{from: at, to: at + length, half: half}
	opts = append(slices.Clip(opts), file.WithFS(fault))
	e, err := file.New(path, opts...)
	for tries := 0; err != nil; tries++ {
		if tries > 2*length+2 {
			t.Fatalf("New doesn't heal: %v", err)
		}
		e, err = file.New(path, opts...)
	}
	exported := make(map[string]bool)
	const batches, size = 7, 3
	n, good := 0, 0
	for b := 0; good < batches; b++ {
		if b > batches+length+5 {
			t.Errorf("it doesn't heal; failed were %q", fault.failed)
			break
		}
		err := e.ExportSpans(t.Context(), spans(n, n+size))
		done := size
		var partial *report.Result
		switch {
		case err == nil:
			good++
		case errors.As(err, &partial):
			if done = partial.Exported; partial.Exported+partial.Failed != size {
				t.Errorf("%d exported, %d failed, want %d in all", partial.Exported, partial.Failed, size)
			}
		default:
			t.Errorf("err = %v, want a Result", err)
		}
		for i := range size {
			exported[fmt.Sprintf("span-%d", n+i)] = i < done
		}
		n += size
	}
	_ = e.Shutdown(t.Context()) // its sync may fail
	seen := make(map[string]int)
	for name := range strings.FieldsSeq(content(t, dir)) {
		if _, known := exported[name]; !known {
			t.Errorf("there is a line %q; failed were %q", name, fault.failed)
		}
		seen[name]++
	}
	for name, want := range exported {
		if want && seen[name] != 1 || !want && seen[name] != 0 {
			t.Errorf("%s is there %d times, and was reported as exported: %v; failed were %q", name, seen[name], want, fault.failed)
		}
	}
	fault.mu.Lock()
	defer fault.mu.Unlock()
	return fault.calls >= at
}
