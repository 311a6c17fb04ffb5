package spool_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/locked"
)

// Somebody tidies up while we run: what was only on disk is gone and is counted so, what is
// still in memory is written again, and everything later is kept as before.
func TestADirectoryThatIsRemovedIsMadeAgain(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]func(*testing.T, *spool.Spool){
		"found by the next batch": func(t *testing.T, s *spool.Spool) {
			t.Helper()
			if err := s.Put(batch(100)); err != nil {
				t.Fatal(err)
			}
		},
		"found by the next attempt": func(*testing.T, *spool.Spool) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "spool")
			leave(t, dir, 5) // these are on disk alone
			var out locked.Buffer
			d := &destination{answer: down}
			s := open(t, d, spool.Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&out, nil))})
			for n := range uint64(3) { // these are in memory, too
				if err := s.Put(batch(10 + n)); err != nil {
					t.Fatal(err)
				}
			}
			// At once: what is removed file by file may be made again meanwhile.
			if err := os.Rename(dir, dir+".gone"); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(dir + ".gone"); err != nil {
				t.Fatal(err)
			}
			look(t, s)
			eventually(t, "the loss is counted", func() bool { _, _, dead, _ := s.Counts(); return dead == 50 })
			kept := []uint64{10, 11, 12}
			if name == "found by the next batch" {
				kept = append(kept, 100)
			}
			eventually(t, "what was in memory is on disk again", func() bool { return len(files(t, s.Dir())) == len(kept) })
			if got := pending(s); got != int64(10*len(kept)) {
				t.Errorf("%d spans pending, %d batches on disk", got, len(kept))
			}
			if _, err := spool.Open(t.Context(), nil, spool.Options{Dir: dir, Connection: "test"}); err == nil || !strings.Contains(err.Error(), "is used by process") {
				t.Errorf("another process could take the new directory: %v", err)
			}
			d.recoverAt(kept[0])
			eventually(t, "replayed", func() bool { return pending(s) == 0 })
			if diff := cmp.Diff(kept, d.delivered()); diff != "" {
				t.Error(diff)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if !strings.Contains(out.String(), "the spool's directory was removed and has been made again") {
				t.Errorf("nobody is told:\n%s", out.String())
			}
		})
	}
}

// Where it can't be made again, the error says so and the spans count as failed.
func TestADirectoryThatCantBeMadeAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	s := open(t, &destination{answer: down}, spool.Options{Dir: dir})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := s.Deliver(t.Context(), batch(1))
	if _, failed, spooled := result(t, err); failed != 10 || spooled != 0 || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("%d failed, %d spooled: %v", failed, spooled, err)
	}
	if got := pending(s); got != 0 {
		t.Errorf("%d spans pending", got)
	}
}

func TestDeadIsMadeAgain(t *testing.T) {
	t.Parallel()
	s := open(t, &destination{answer: refused}, spool.Options{})
	dead := filepath.Join(s.Dir(), "dead")
	if err := os.RemoveAll(dead); err != nil {
		t.Fatal(err)
	}
	_ = s.Deliver(t.Context(), batch(1))
	if got := len(files(t, dead)); got != 1 {
		t.Errorf("%d files in dead/, want 1", got)
	}
}
