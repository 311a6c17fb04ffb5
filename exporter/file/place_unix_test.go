//go:build unix

package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/file"
)

func TestDirectoriesHaveTheirModeAndGroup(t *testing.T) {
	t.Parallel()
	group := os.Getegid()
	if os.Geteuid() == 0 {
		group = theirGroup
	}
	dir := filepath.Join(t.TempDir(), "a", "b")
	e, err := file.Driver().New(t.Context(), exporter.Settings{Setting: map[string]any{
		"path": filepath.Join(dir, "trace.log"), "dirmode": "2750", "dirgroup": strconv.Itoa(group), "mode": "0640", "maxline": int64(1), "compress": true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(t.Context(), spans(0, 3)); err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	paths := []string{filepath.Dir(dir), dir}
	for _, name := range names(t, dir) {
		paths = append(paths, filepath.Join(dir, name))
	}
	if len(paths) != 5 {
		t.Fatalf("paths = %q, want two directories and three files", paths)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		want := os.FileMode(0o640)
		if info.IsDir() {
			want = os.ModeDir | os.ModeSetgid | 0o750
		}
		st, _ := info.Sys().(*syscall.Stat_t)
		if info.Mode() != want || int(st.Gid) != group {
			t.Errorf("%s has mode %v and group %d, want %v and %d", path, info.Mode(), st.Gid, want, group)
		}
	}
}

func TestDirectorySettingsThatAreWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ key, value, says string }{
		{"dirmode", "0600", "0750"},
		{"dirmode", "750x", "0750"},
		{"dirmode", "7750", "0750"},
		{"dirgroup", "no such group", "there is no group"},
	} {
		err := file.Driver().Check(exporter.Settings{Setting: map[string]any{"path": filepath.Join(t.TempDir(), "x.log"), test.key: test.value}})
		if got := keys(err); len(got) != 1 || got[0] != "setting."+test.key || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s = %q: %v, want a problem of that key that says %q", test.key, test.value, err, test.says)
		}
	}
}

// Services often get their log from root, in a directory where they can't make anything.
func TestALogThatRootHasMadeIsWrittenTo(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can make files for others")
	}
	program := programForOthers(t)
	for _, test := range []struct {
		name        string
		root        string // a file of root alone
		want, wrote string
	}{
		{"only the log", "", "isn't rotated here", "span-0\nspan-1\nspan-2\nspan-3\nspan-4\nspan-5\nspan-6\n"},
		{"a lock of a run as root", "trace.log.lock", "belongs to root, as after a run as root", ""},
		{"a log of a run as root", "trace.log", "belongs to root, as after a run as root", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := mkdir(t, filepath.Join(openDir(t), "logs"), 0o755, 0)
			path := filepath.Join(dir, "trace.log")
			write(t, path, "")
			chown(t, path, attacked)
			if test.root != "" {
				write(t, filepath.Join(dir, test.root), "")
				if err := os.Chown(filepath.Join(dir, test.root), 0, 0); err != nil {
					t.Fatal(err)
				}
				chown(t, dir, attacked)
			}
			said := runAs(t, program, "0|"+path)
			if strings.Contains(said, "not exported") || !strings.Contains(said, test.want) || test.root != "" && !strings.Contains(said, filepath.Join(dir, test.root)) {
				t.Errorf("the process said %q, want %q", said, test.want)
			}
			if got := read(t, path); got != test.wrote {
				t.Errorf("the log = %q, want %q", got, test.wrote)
			}
		})
	}
}

// Two users of one group share a file when they say so.
func TestUsersOfAGroupShareAFile(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can be two users")
	}
	program := programForOthers(t)
	dir := mkdir(t, filepath.Join(openDir(t), "logs"), 0o775|os.ModeSetgid, attacked)
	path := filepath.Join(dir, "trace.log")
	for n := range 4 {
		said := runAsUser(t, []uint32{attacked, stranger}[n%2], program, "shared 0775|"+path)
		if strings.Contains(said, "refused") || strings.Contains(said, "not exported") || !strings.Contains(said, "others can write to the directory") {
			t.Errorf("run %d: the process said %q, want a warning only", n, said)
		}
	}
	if got := len(readNames(t, path)); got != 4*7 {
		t.Errorf("%d spans in all files, want %d", got, 4*7)
	}
	if said := runAsUser(t, stranger, program, "shared 0|"+path); !strings.Contains(said, "refused") {
		t.Errorf("without a dirmode the process said %q, want it refused", said)
	}
}

// Half records take no room without end, and don't stay for ever.
func TestHalfRecordsAreBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	for n := range 5 {
		write(t, path, fmt.Sprintf("%d%s", n, strings.Repeat("x", 400)))
		shut(t, open(t, path, file.WithEncoder(line{}), file.WithMaxSize(1000)))
	}
	if got := read(t, path+".torn"); len(got) > 1000 || !strings.Contains(got, "4xxx") {
		t.Errorf("%d bytes of half records, want at most as many as the log may have, and the newest", len(got))
	}
	old := time.Now().Add(-31 * 24 * time.Hour)
	if err := os.Chtimes(path+".torn", old, old); err != nil {
		t.Fatal(err)
	}
	shut(t, open(t, path, file.WithEncoder(line{})))
	if _, err := os.Lstat(path + ".torn"); err == nil {
		t.Error("half records of last month are still there")
	}
}

// A log whose name is that of a file which was rotated away from another one is no such file.
func TestTheLogOfAnotherConnectionIsSpared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := filepath.Join(dir, "x.20200101.000000.log")
	b := open(t, other, file.WithEncoder(line{}))
	export(t, b, spans(100, 140)...)
	a := open(t, filepath.Join(dir, "x.log"), file.WithEncoder(line{}), file.WithMaxFiles(1), file.WithMaxLines(1), file.WithCompression(), file.WithMaxAge(time.Hour))
	export(t, a, spans(0, 10)...)
	shut(t, a)
	export(t, b, spans(140, 150)...)
	if got := strings.Count(read(t, other), "\n"); got != 50 {
		t.Errorf("%d spans of the other connection are left, want 50", got)
	}
	shut(t, b)
	shut(t, open(t, filepath.Join(dir, "x.log"), file.WithMaxFiles(1), file.WithCompression()))
	want := []string{"span-8", "span-9"}
	if diff := cmp.Diff(want, readNames(t, filepath.Join(dir, "x.log"))); diff != "" {
		t.Errorf("of the first connection (-want +got):\n%s", diff)
	}
	if got := strings.Count(read(t, other), "\n"); got != 50 {
		t.Errorf("%d spans of a connection that has ended are left, want 50", got)
	}
}

// A clock that is wrong for a while makes no file look old.
func TestAClockThatJumpsRemovesNothing(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"while a process runs", "before it starts"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				right, wrong := time.Now(), time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)
				for n := range 3 {
					at := right.Add(time.Duration(n-60) * time.Minute)
					path := filepath.Join(dir, at.Format("trace.20060102.150405.log"))
					write(t, path, fmt.Sprintf("old-%d\n", n))
					if err := os.Chtimes(path, at, at); err != nil {
						t.Fatal(err)
					}
				}
				c := &clock{t: right}
				if when == "before it starts" {
					c.set(wrong)
				}
				e, err := file.New(filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithMaxLines(1), file.WithMaxAge(7*24*time.Hour), file.WithClock(c.now))
				if err != nil {
					t.Fatal(err)
				}
				for n, now := range []time.Time{c.now(), wrong, right.Add(time.Second)} {
					c.set(now)
					export(t, e, spans(3*n, 3*n+3)...)
					synctest.Wait() // until the rotated files were looked at
				}
				shut(t, e)
			})
			want := append([]string{"old-0", "old-1", "old-2"}, wantNames(9)...)
			if diff := cmp.Diff(want, readNames(t, filepath.Join(dir, "trace.log"))); diff != "" {
				t.Errorf("spans (-want +got):\n%s", diff)
			}
		})
	}
}
