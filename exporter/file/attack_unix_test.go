//go:build unix

package file_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/test/locked"
)

// Two users of one group. Neither has to exist on this machine.
const (
	attacked   = 61001
	stranger   = 61002
	theirGroup = 61000
)

// plant does what a stranger does with a path.
type plant func(t *testing.T, path, precious string)

func plantLink(t *testing.T, path, precious string) {
	t.Helper()
	if err := os.Symlink(precious, path); err != nil {
		t.Fatal(err)
	}
}

func plantHardLink(t *testing.T, path, precious string) {
	t.Helper()
	if err := os.Link(precious, path); err != nil {
		t.Fatal(err)
	}
}

func plantPipe(t *testing.T, path, _ string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
}

func plantFile(t *testing.T, path, _ string) {
	t.Helper()
	write(t, path, "planted\nhalf")
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestAttacksOnADirectoryThatOthersWriteTo(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can be two users; run the tests as root to see that strangers can't reach the files of others")
	}
	program := programForOthers(t)
	for _, place := range []struct {
		name     string
		owner    int
		mode     os.FileMode
		accepted string
		refused  bool // whatever is in it
	}{
		{"of a group", attacked, 0o775, "0", true},
		{"of a group that is accepted", attacked, 0o775, "0775", false},
		{"of everybody", 0, 0o777, "0", true},
		{"of everybody, accepted", 0, 0o777, "0777", false},
		{"with the sticky bit", 0, 0o777 | os.ModeSticky, "0", false},
		{"of somebody else", stranger, 0o755, "0", true},
	} {
		for _, attack := range []struct {
			name, file string
			plant      plant
			half       bool // the log ends within a line
		}{
			{"a link as the lock", "trace.log.lock", plantLink, false},
			{"a hard link as the lock", "trace.log.lock", plantHardLink, false},
			{"a pipe as the lock", "trace.log.lock", plantPipe, false},
			{"somebody's lock", "trace.log.lock", plantFile, false},
			{"a link as the log", "trace.log", plantLink, false},
			{"a hard link as the log", "trace.log", plantHardLink, false},
			{"a pipe as the log", "trace.log", plantPipe, false},
			{"somebody's log", "trace.log", plantFile, false},
			{"a link for half records", "trace.log.torn", plantLink, true},
			{"a hard link for half records", "trace.log.torn", plantHardLink, true},
			{"a pipe for half records", "trace.log.torn", plantPipe, true},
			{"somebody's file for half records", "trace.log.torn", plantFile, true},
		} {
			t.Run(place.name+"/"+attack.name, func(t *testing.T) {
				t.Parallel()
				home := mkdir(t, filepath.Join(openDir(t), "home"), 0o755, attacked)
				precious := filepath.Join(home, "precious")
				const content = "a line\nand half a li"
				write(t, precious, content)
				chown(t, precious, attacked)
				dir := mkdir(t, filepath.Join(filepath.Dir(home), "logs"), place.mode, place.owner)
				if attack.half {
					write(t, filepath.Join(dir, "trace.log"), "span-0\nspa")
					chown(t, filepath.Join(dir, "trace.log"), attacked)
				}
				path := filepath.Join(dir, attack.file)
				attack.plant(t, path, precious)
				if !strings.Contains(attack.name, "hard link") {
					chown(t, path, stranger)
				}
				planted, err := os.Lstat(path)
				if err != nil {
					t.Fatal(err)
				}
				said := runAs(t, program, place.accepted+"|"+filepath.Join(dir, "trace.log"))
				if got := read(t, precious); got != content {
					t.Errorf("the file of the victim = %q, want %q", got, content)
				}
				if now, err := os.Lstat(path); err != nil || !os.SameFile(now, planted) || now.Size() != planted.Size() {
					t.Errorf("%s isn't what it was: %v, %v", path, now, err)
				}
				want := path
				if place.refused && attack.file != "trace.log" {
					want = dir
				}
				cure := false
				for _, text := range []string{"remove it", "name the file that it leads to", "choose a directory of your own"} {
					cure = cure || strings.Contains(said, text)
				}
				if !strings.Contains(said, want) || !cure || place.refused && !strings.Contains(said, "refused") {
					t.Errorf("the process said %q, want it to name %s and the cure", said, want)
				}
				for _, name := range names(t, dir) {
					if strings.HasPrefix(name, "trace.2") && strings.Contains(read(t, filepath.Join(dir, name)), "and half") {
						t.Errorf("%s holds what is the victim's alone", name)
					}
				}
			})
		}
	}
}

// openDir is a temporary directory that others may enter.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for at := dir; at != filepath.Clean(os.TempDir()); at = filepath.Dir(at) {
		chmod(t, at, 0o755)
	}
	return dir
}

// programForOthers is the test program where others can run it.
func programForOthers(t *testing.T) string {
	t.Helper()
	program := filepath.Join(openDir(t), "program")
	copyFile(t, os.Args[0], program)
	return program
}

// runAs runs the test program as the attacked user and returns what it says.
func runAs(t *testing.T, program, arg string) string {
	t.Helper()
	return runAsUser(t, attacked, program, arg)
}

func runAsUser(t *testing.T, user uint32, program, arg string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), attackedEnv+"="+arg)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: theirGroup, Groups: []uint32{theirGroup}}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the process under attack: %v\n%s", err, out)
	}
	return string(out)
}

func mkdir(t *testing.T, dir string, mode os.FileMode, owner int) string {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	chown(t, dir, owner)
	chmod(t, dir, mode)
	return dir
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func chown(t *testing.T, path string, owner int) {
	t.Helper()
	if err := os.Lchown(path, owner, theirGroup); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	src, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(dst, src); err != nil {
		t.Fatal(err)
	}
	chmod(t, to, 0o755)
	if err := dst.Close(); err != nil {
		t.Fatal(err)
	}
}

// A rotated file that is replaced by a link while an earlier one is compressed isn't read.
func TestALinkInPlaceOfARotatedFileIsNotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	second := filepath.Join(dir, "trace.20261120.113132.log")
	precious := filepath.Join(t.TempDir(), "id_rsa")
	write(t, precious, "secret\n")
	write(t, filepath.Join(dir, rotatedName), "one\n")
	write(t, second, "two\n")
	fs := &watchFS{}
	fs.renaming = func(to string) {
		fs.renaming = nil
		if err := os.Remove(second); err != nil {
			t.Error(err)
		}
		plantLink(t, second, precious)
	}
	var log locked.Buffer
	shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithCompression(), file.WithFS(fs), file.WithMode(0o644),
		file.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))))
	if got := read(t, precious); got != "secret\n" {
		t.Errorf("precious = %q", got)
	}
	if _, err := os.Lstat(second + ".gz"); err == nil {
		t.Errorf("%s.gz was made of what the link leads to: %q", second, read(t, second+".gz"))
	}
	if !strings.Contains(log.String(), second) || !strings.Contains(log.String(), "symbolic link") {
		t.Errorf("log = %q, want it to name the file and the reason", log.String())
	}
}

// A link where a compressed file is to be written is not written through.
func TestALinkInPlaceOfACompressedFileIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{".gz", ".gz.tmp"} {
		dir := t.TempDir()
		precious := filepath.Join(t.TempDir(), "precious")
		write(t, precious, "precious\n")
		write(t, filepath.Join(dir, rotatedName), "one\n")
		plantLink(t, filepath.Join(dir, rotatedName+ending), precious)
		shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithCompression(), file.WithMaxFiles(1)))
		if got := read(t, precious); got != "precious\n" {
			t.Errorf("with a link at %s: precious = %q", ending, got)
		}
		if _, err := os.Lstat(filepath.Join(dir, rotatedName+ending)); err != nil {
			t.Errorf("the link at %s is gone: %v", ending, err)
		}
		kept := rotatedName
		if ending != ".gz" {
			kept += ".gz"
		}
		if got := read(t, filepath.Join(dir, kept)); got != "one\n" {
			t.Errorf("with a link at %s, what was written is %q", ending, got)
		}
	}
}

// Nothing is made beside what isn't a file, such as /dev/null.
func TestNothingIsMadeBesideWhatIsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "trace.log")
	plantPipe(t, path, "")
	if _, err := file.New(path); err == nil || !strings.Contains(err.Error(), "named pipe") {
		t.Errorf("New = %v, want the pipe refused", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("entries = %v, %v, want the pipe alone", entries, err)
	}
}
