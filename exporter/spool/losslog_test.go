package spool_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/locked"
)

// What a destination refuses for good is lost unless somebody looks into dead/: it is said, but
// not for every batch.
func TestWhatIsRefusedIsLogged(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]spool.Mode{"overflow": spool.Overflow, "always": spool.Always} {
		var logged locked.Buffer
		s := open(t, &destination{answer: refused}, spool.Options{Mode: mode, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		for n := range uint64(20) {
			result(t, s.Deliver(t.Context(), batch(n)))
		}
		eventually(t, "all are dead", func() bool { _, _, dead, _ := s.Counts(); return dead == 200 })
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		text := logged.String()
		lines := strings.Split(strings.TrimSpace(text), "\n")
		if !strings.Contains(lines[0], `msg="spooled spans are dead" spans=10 files=1`) || !strings.Contains(lines[0], "reason=no") {
			t.Errorf("%s: the first is not told at once:\n%s", name, text)
		}
		if len(lines) == 20 {
			t.Errorf("%s: a line for every batch", name)
		}
		told := 0
		for _, line := range lines {
			_, rest, _ := strings.Cut(line, " spans=")
			number, _, _ := strings.Cut(rest, " ")
			n, err := strconv.Atoi(number)
			if err != nil {
				t.Errorf("%s: %s", name, line)
			}
			told += n
		}
		if told != 200 {
			t.Errorf("%s: %d spans told of, want 200:\n%s", name, told, text)
		}
	}
}

// A batch that can't be buried is lost, and counts as that alone.
func TestABatchThatCantBeBuriedCountsOnce(t *testing.T) {
	t.Parallel()
	s := open(t, &destination{answer: refused}, spool.Options{})
	path := filepath.Join(s.Dir(), "dead")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil { // not a directory
		t.Fatal(err)
	}
	if _, failed, spooled := result(t, s.Deliver(t.Context(), batch(1))); failed != 10 || spooled != 0 {
		t.Errorf("%d failed, %d spooled, want 10 and 0", failed, spooled)
	}
	if _, _, dead, _ := s.Counts(); dead != 0 {
		t.Errorf("%d spans are also dead", dead)
	}
	if left := files(t, s.Dir()); len(left) != 0 {
		t.Errorf("the next process inherits %v", left)
	}
}
