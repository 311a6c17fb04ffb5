//go:build unix

package safefile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tracehook/tracehook/internal/safefile"
)

func TestOpenTakesOnlyFilesOfOurs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		make func(path, other string) error
		says string
	}{
		{"a file", func(path, _ string) error { return os.WriteFile(path, []byte("text"), 0o600) }, ""},
		{"a link", func(path, other string) error { return os.Symlink(other, path) }, "symbolic link"},
		{"a link to nothing", func(path, other string) error { return os.Symlink(other+"x", path) }, "symbolic link"},
		{"a hard link", func(path, other string) error { return os.Link(other, path) }, "hard links"},
		{"a pipe", func(path, _ string) error { return syscall.Mkfifo(path, 0o600) }, "named pipe"},
		{"a directory", func(path, _ string) error { return os.Mkdir(path, 0o700) }, "directory"},
		{"a device", func(path, _ string) error { return syscall.Mknod(path, syscall.S_IFCHR|0o600, 1<<8|3) }, "device"},
		{"a file of somebody else", func(path, other string) error {
			return errors.Join(os.WriteFile(path, nil, 0o666), os.Chown(path, 61002, 61000))
		}, "belongs to user 61002"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, other := filepath.Join(dir, "file"), filepath.Join(dir, "other")
			if err := os.WriteFile(other, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := test.make(path, other); errors.Is(err, os.ErrPermission) {
				t.Skipf("NOT TESTED: only root can make %s", test.name)
			} else if err != nil {
				t.Fatal(err)
			}
			for _, flag := range []int{os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_RDWR | os.O_TRUNC, os.O_RDWR | os.O_CREATE | os.O_TRUNC} {
				f, err := safefile.Open(path, flag, 0o600)
				if err == nil {
					_ = f.Close()
				}
				if (err == nil) != (test.says == "") || err != nil && (!strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path)) {
					t.Errorf("Open with %#x = %v, want %q", flag, err, test.says)
				}
			}
			if _, err := safefile.Open(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); !errors.Is(err, os.ErrExist) {
				t.Errorf("Open of a new file = %v, want that it exists", err)
			}
			if data, err := os.ReadFile(other); err != nil || string(data) != "precious" {
				t.Errorf("the other file = %q, %v", data, err)
			}
		})
	}
}

func TestDirectoriesThatOthersWriteTo(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can give directories to others")
	}
	for _, test := range []struct {
		name     string
		uid, gid int
		mode     os.FileMode
		accepted os.FileMode
		refused  bool
		warned   bool
	}{
		{"ours", 0, 0, 0o700, 0, false, false},
		{"that others read", 0, 61000, 0o755, 0, false, false},
		{"of a group", 0, 61000, 0o775, 0, true, false},
		{"of a group that is accepted", 0, 61000, 0o775, 0o775, false, true},
		{"of a group of the system", 0, 104, 0o775, 0, false, false},
		{"of the group of all people", 0, 100, 0o775, 0, true, false},
		{"of all", 0, 0, 0o777, 0, true, false},
		{"of all, where a group is accepted", 0, 0, 0o777, 0o775, true, false},
		{"of all, which is accepted", 0, 0, 0o777, 0o777, false, true},
		{"of all, with the sticky bit", 0, 0, 0o777 | os.ModeSticky, 0, false, true},
		{"of somebody else", 61002, 0, 0o755, 0, true, false},
		{"of somebody else, where all are accepted", 61002, 0, 0o755, 0o777, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "dir")
			below := filepath.Join(dir, "below")
			err := errors.Join(os.Mkdir(dir, 0o700), os.Mkdir(below, 0o700), os.Chown(dir, test.uid, test.gid), os.Chmod(dir, test.mode))
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{dir, below, filepath.Join(below, "not", "there")} {
				warning, err := safefile.CheckDirectory(path, test.accepted)
				if (err != nil) != test.refused || err != nil && !strings.Contains(err.Error(), dir) {
					t.Errorf("CheckDirectory(%s) = %v, refused should be %v", path, err, test.refused)
				}
				warned := test.warned && (path == dir || test.mode&os.ModeSticky == 0)
				if (warning != "") != warned || warned && !strings.Contains(warning, dir) {
					t.Errorf("CheckDirectory(%s) warns %q, should it: %v", path, warning, warned)
				}
			}
			link := filepath.Join(dir, "link")
			if err := os.Symlink(below, link); err != nil {
				t.Fatal(err)
			}
			got, err := safefile.Follow(link)
			if private := !test.refused && !test.warned; private != (err == nil) || private && got != below {
				t.Errorf("Follow = %q, %v; want it followed only if nobody else can write to the directory: %v", got, err, private)
			}
		})
	}
}

func TestFollowEndsInACircle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := errors.Join(os.Symlink("b", a), os.Symlink("a", b)); err != nil {
		t.Fatal(err)
	}
	if _, err := safefile.Follow(a); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("Follow = %v", err)
	}
}
