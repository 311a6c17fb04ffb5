//go:build unix

package safefile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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
			if info, err := os.Stat(path); test.says == "" && (err != nil || info.Size() != 0) {
				t.Errorf("O_TRUNC leaves %d bytes, %v", info.Size(), err)
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

// What is looked at before it is opened may be another file by then.
func TestOpenWhileFilesAreReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, precious, next := filepath.Join(dir, "file"), filepath.Join(dir, "precious"), filepath.Join(dir, "next")
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		for n := 0; ; n++ {
			var err error
			switch n % 3 {
			case 0:
				err = os.WriteFile(next, nil, 0o600)
			case 1:
				err = os.Symlink(precious, next)
			default:
				err = syscall.Mkfifo(next, 0o600)
			}
			if err = errors.Join(err, os.Rename(next, path)); err != nil {
				stopped <- err
				return
			}
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
		}
	}()
	opened := make(chan int)
	go func() {
		n, begin := 0, time.Now()
		for time.Since(begin) < 300*time.Millisecond || n == 0 && time.Since(begin) < 10*time.Second { // a busy machine
			if f, err := safefile.Open(path, os.O_WRONLY|os.O_TRUNC, 0); err == nil {
				n++
				_ = f.Close()
			}
		}
		opened <- n
	}()
	select {
	case n := <-opened:
		if n == 0 {
			t.Error("nothing was ever opened")
		}
	case <-time.After(20 * time.Second):
		t.Error("Open waits for the other end of a pipe")
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(precious); err != nil || string(data) != "precious" {
		t.Errorf("the file behind the link = %q, %v", data, err)
	}
}

// A link among the directories may lead through one that others write to.
func TestDirectoriesBehindALink(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can give directories to others")
	}
	base := t.TempDir()
	open, safe := filepath.Join(base, "open"), filepath.Join(base, "safe")
	below := filepath.Join(open, "below")
	err := errors.Join(os.Mkdir(open, 0o700), os.Mkdir(safe, 0o700), os.Mkdir(below, 0o700), os.Symlink(below, filepath.Join(safe, "link")), os.Chmod(open, 0o777))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(safe, "link"), filepath.Join(safe, "link", "not", "there")} {
		if _, err := safefile.CheckDirectory(path, 0); err == nil || !strings.Contains(err.Error(), open) {
			t.Errorf("CheckDirectory(%s) = %v, want %s refused", path, err, open)
		}
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
