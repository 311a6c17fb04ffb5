package spool_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/spool"
)

func TestFromSettings(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	for _, tt := range []struct {
		give map[string]any
		want *spool.Options
	}{
		{nil, nil},
		{map[string]any{"dir": dir}, &spool.Options{MaxBytes: 256 << 20, MaxAge: 24 * time.Hour}},
		{
			map[string]any{"dir": dir, "max_bytes": "1GB", "max_age": "7d", "mode": "always", "fsync": "never", "rate": int64(500)},
			&spool.Options{MaxBytes: 1 << 30, MaxAge: 7 * 24 * time.Hour, Mode: spool.Always, Sync: spool.SyncNever, Rate: 500},
		},
		{map[string]any{"dir": dir, "fsync": "2s"}, &spool.Options{MaxBytes: 256 << 20, MaxAge: 24 * time.Hour, Sync: spool.SyncEvery(2 * time.Second)}},
		{map[string]any{"dir": dir, "fsync": "batch"}, &spool.Options{MaxBytes: 256 << 20, MaxAge: 24 * time.Hour}},
	} {
		got, err := spool.FromSettings(exporter.Settings{Connection: "c", Spool: tt.give})
		if err != nil {
			t.Fatal(err)
		}
		if tt.want != nil {
			tt.want.Dir, tt.want.Connection, tt.want.DeadMaxAge = dir, "c", 7*24*time.Hour
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.give, diff)
		}
	}
}

func TestFromSettingsReportsAllProblems(t *testing.T) {
	t.Parallel()
	_, err := spool.FromSettings(exporter.Settings{Connection: "c", Spool: map[string]any{
		"max_bytes": "1KB", "max_age": 0, "mode": "often", "fsync": true, "rate": -1, "dri": "x",
	}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"spool.dir: ", `spool.max_bytes: "1KB" is too small; the least is 4KB`, "spool.max_age: ", "spool.mode: ", "spool.fsync: ", "spool.rate: ", `spool.dri: unknown key`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	if _, err := spool.Open(t.Context(), nil, spool.Options{Dir: t.TempDir(), Connection: "c", Kind: "../x"}); err == nil {
		t.Error("a kind that leads elsewhere was taken")
	}
	if _, err := spool.Open(t.Context(), nil, spool.Options{Dir: t.TempDir()}); err == nil {
		t.Error("a spool without a connection was opened")
	}
}

// A file on the way to the directory is one problem, of the key that names it.
func TestFromSettingsBelowAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "afile")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, below := range []string{"", "q", "q/r"} {
		_, err := spool.FromSettings(exporter.Settings{Connection: "c", Spool: map[string]any{"dir": filepath.Join(file, below)}})
		if err == nil || !strings.HasPrefix(err.Error(), "spool.dir: ") || strings.Contains(err.Error(), "\n") ||
			!strings.Contains(err.Error(), `afile" is not a directory`) {
			t.Errorf("%q: error %v, want one line of the key that names the file", below, err)
		}
	}
}
