//go:build unix

package spool_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// place makes directories below a private one and returns what the spool is configured to.
func place(tb testing.TB, build func(base string) string) string {
	tb.Helper()
	base := filepath.Join(tb.TempDir(), "base")
	if err := os.Mkdir(base, 0o700); err != nil {
		tb.Fatal(err)
	}
	return build(base)
}

// mkdir makes a directory with exactly this mode, whatever the umask.
func mkdir(tb testing.TB, dir string, mode os.FileMode) string {
	tb.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.Chmod(dir, mode); err != nil {
		tb.Fatal(err)
	}
	return dir
}

func TestOpenRefusesUnsafeDirectories(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		dir  func(base string) string
		want string
	}{
		{"no directory", func(string) string { return "" }, "set dir"},
		{"a shared temporary directory", func(b string) string { return mkdir(t, b+"/tmp", 0o777|os.ModeSticky) }, "shared temporary directory"},
		{"writable for the group", func(b string) string { return mkdir(t, b+"/d", 0o770) }, "writable for others (mode 0770)"},
		{"writable for all", func(b string) string { return mkdir(t, b+"/d", 0o777) }, "writable for others"},
		{"replaceable by all", func(b string) string { return filepath.Join(mkdir(t, b+"/open", 0o777), "d") + "/e" }, "can be written to by everybody (mode 0777), who could replace our files there: chmod"},
		{"a connection's directory that others read", func(b string) string {
			mkdir(t, mkdir(t, b+"/d", 0o700)+"/test", 0o755)
			return b + "/d"
		}, "nobody else's business"},
		{"a symbolic link", func(b string) string {
			mkdir(t, b+"/d", 0o700)
			if err := os.Symlink(b+"/d", b+"/link"); err != nil {
				t.Fatal(err)
			}
			return b + "/link"
		}, "symbolic link"},
		{"a file", func(b string) string {
			if err := os.WriteFile(b+"/f", nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return b + "/f"
		}, "not a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := spool.Options{Dir: place(t, tt.dir), Connection: "test"}
			if err := spool.Check(o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check: %v, want %q", err, tt.want)
			}
			s, err := spool.Open(t.Context(), delivery.NewSender(&destination{}, delivery.Options{}), o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open: %v, want %q", err, tt.want)
			}
			if s != nil {
				_ = s.Close(context.Background())
			}
		})
	}
}

func TestOpenMakesPrivateDirectories(t *testing.T) {
	t.Parallel()
	s := open(t, &destination{answer: down}, spool.Options{Dir: filepath.Join(t.TempDir(), "a", "b", "spool"), Connection: "../up"})
	_ = s.Put(batch(1))
	for _, dir := range []string{s.Dir(), filepath.Dir(s.Dir()), filepath.Join(s.Dir(), "dead")} {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v, want mode 0700", dir, info.Mode(), err)
		}
	}
	if filepath.Base(s.Dir()) != "..%2Fup" {
		t.Errorf("the name of a connection leads to %s", s.Dir())
	}
	for _, name := range files(t, s.Dir()) {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v, want mode 0600", name, info.Mode(), err)
		}
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	first := open(t, &destination{}, spool.Options{Dir: dir})
	_, err := spool.Open(t.Context(), delivery.NewSender(&destination{}, delivery.Options{}), spool.Options{Dir: dir, Connection: "test"})
	if err == nil || !strings.Contains(err.Error(), "is used by process ") {
		t.Errorf("got %v", err)
	}
	other := open(t, &destination{}, spool.Options{Dir: dir, Connection: "other"})
	if other.Dir() == first.Dir() {
		t.Error("two connections share a directory")
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	open(t, &destination{}, spool.Options{Dir: dir})
}
