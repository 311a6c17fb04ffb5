package spool

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What is too old in a spool that nobody uses is removed, whatever its kind; other files stay.
func TestOrphansAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	young := entry{seq: 1, created: time.Now().UnixMilli(), spans: 3}
	old := entry{seq: 2, created: time.Now().Add(-2 * time.Hour).UnixMilli(), spans: 5}
	for _, name := range []string{lockName, "notes.txt", young.name("otlp"), old.name("rows")} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &Spool{options: Options{MaxAge: time.Hour}}
	if files, spans, expired := s.ageOrphan(dir); files != 1 || spans != 3 || expired != 5 {
		t.Errorf("%d files with %d spans, %d expired", files, spans, expired)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 3 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}
