package spool_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/locked"
)

// leave fills a spool with n batches and closes it.
func leave(t *testing.T, dir string, n uint64) []string {
	t.Helper()
	s := open(t, &destination{answer: down}, spool.Options{Dir: dir, Sync: spool.SyncNever})
	for i := range n {
		if err := s.Put(batch(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return files(t, s.Dir())
}

func TestTheNextProcessInherits(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	leave(t, dir, 5)
	d := &destination{}
	s := open(t, d, spool.Options{Dir: dir})
	if got := s.Inherited(); got != 50 {
		t.Errorf("inherited %d spans, want 50", got)
	}
	eventually(t, "replayed", func() bool { return pending(s) == 0 })
	if diff := cmp.Diff([]uint64{0, 1, 2, 3, 4}, d.delivered()); diff != "" {
		t.Error(diff)
	}
}

// A damaged file must never keep a process from starting, nor the others from being sent.
func TestDamagedFilesAreIsolated(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	names := leave(t, dir, 6)
	write := func(name string, data []byte) {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(names[0], nil)                              // empty
	write(names[1], []byte{0, 0, 0})                  // torn
	write(names[2], make([]byte, len(batch(9).Body))) // zeros after a power loss
	if err := os.Remove(names[3]); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(names[3], 0o700); err != nil { // not a file
		t.Fatal(err)
	}
	test := filepath.Dir(names[0])
	write(filepath.Join(test, "v2-from-the-future.otlp"), []byte("x"))
	write(filepath.Join(test, "v1-zz-0-0-0-0.otlp"), []byte("x"))
	write(filepath.Join(test, ".tmp-v1-torn"), []byte("x"))
	// A file whose writer died between the last byte and the rename is whole.
	if err := os.Rename(names[5], filepath.Join(test, ".tmp-"+filepath.Base(names[5]))); err != nil {
		t.Fatal(err)
	}
	var logged locked.Buffer
	d := &destination{}
	s := open(t, d, spool.Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	if got := s.Inherited(); got != 60 {
		t.Errorf("inherited %d spans, want 60", got)
	}
	eventually(t, "settled", func() bool { return pending(s) == 0 })
	if diff := cmp.Diff([]uint64{4, 5}, d.delivered()); diff != "" {
		t.Error(diff)
	}
	if _, replayed, dead, _ := s.Counts(); replayed != 20 || dead != 40 {
		t.Errorf("replayed %d, dead %d, want 20 and 40", replayed, dead)
	}
	for _, name := range []string{"v2-from-the-future.otlp", "v1-zz-0-0-0-0.otlp"} {
		if _, err := os.Stat(filepath.Join(test, name)); err != nil {
			t.Errorf("a file that isn't ours is gone: %v", err)
		}
	}
	if _, err := os.Stat(filepath.Join(test, ".tmp-v1-torn")); err == nil {
		t.Error("a torn file is left")
	}
	if !strings.Contains(logged.String(), "files=2") {
		t.Errorf("nobody is told of the files that are left alone:\n%s", logged.String())
	}
}

func TestStartWithThousandsOfFilesIsQuick(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	leave(t, dir, 5000)
	begin := time.Now()
	s := open(t, &destination{answer: down}, spool.Options{Dir: dir})
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("opening 5000 files took %v", took)
	}
	if got := s.Inherited(); got != 50_000 {
		t.Errorf("inherited %d", got)
	}
}

func TestDeadIsBounded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	for range 2 { // also over a restart
		s := open(t, &destination{answer: refused}, spool.Options{Dir: dir, MaxBytes: 4 * 4096})
		for n := range uint64(6) {
			_ = s.Deliver(t.Context(), batch(n))
		}
		dead := files(t, filepath.Join(s.Dir(), "dead"))
		if len(dead) != 4 {
			t.Errorf("%d files in dead/, want 4", len(dead))
		}
		reasons, err := filepath.Glob(filepath.Join(s.Dir(), "dead", "*.reason"))
		if err != nil || len(reasons) != 4 {
			t.Errorf("%d reasons in dead/, want 4", len(reasons))
		}
		if _, _, dead, _ := s.Counts(); dead != 60 {
			t.Errorf("%d spans dead, want 60", dead)
		}
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSyncEvery(t *testing.T) {
	t.Parallel()
	s := open(t, &destination{answer: down}, spool.Options{Sync: spool.SyncEvery(time.Millisecond)})
	for n := range uint64(20) {
		if err := s.Put(batch(n)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := len(files(t, s.Dir())); got != 20 {
		t.Errorf("%d files", got)
	}
}

// A backlog alone doesn't say that the destination is down: a process that lives for a moment
// still sends it.
func TestAShortLivedProcessSendsTheBacklog(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	leave(t, dir, 20)
	d := &destination{}
	s := open(t, d, spool.Options{Dir: dir})
	_ = s.Deliver(t.Context(), batch(20))
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(d.delivered()); got != 21 {
		t.Errorf("%d batches delivered, want 21", got)
	}
}

// Names that somebody has made by hand: the ledger stays exact, and nothing is blocked by them.
func TestNamesThatLie(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	names := leave(t, dir, 2)
	first := filepath.Base(names[0])
	body, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		strings.Replace(first, "-10-8-", "-11-8-", 1),                                     // the number of another
		"v1-ffffffffffffffff" + first[len("v1-")+16:],                                     // no room for later numbers
		strings.Replace(filepath.Base(names[1]), "-10-8-", "-10-4611686018427387904-", 1), // 4 EiB
	} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(names[0]), name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := &destination{answer: down}
	s := open(t, d, spool.Options{Dir: dir})
	if err := s.Put(batch(7)); err != nil {
		t.Errorf("a name that claims 4 EiB fills the spool: %v", err)
	}
	d.set(up)
	eventually(t, "replayed", func() bool { return pending(s) == 0 })
	if _, replayed, dead, expired := s.Counts(); s.Inherited()+10 != replayed+dead+expired {
		t.Errorf("inherited %d and spooled 10, replayed %d, dead %d, expired %d", s.Inherited(), replayed, dead, expired)
	}
}
