package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/report"
)

func TestRotationNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file string
		want       []string
	}{
		{"with an extension", "trace.log", []string{
			"trace.20261120.123131.1.log", "trace.20261120.123131.2.log", "trace.20261120.123131.log", "trace.log",
		}},
		{"without one", "trace", []string{
			"trace", "trace.20261120.123131", "trace.20261120.123131.1", "trace.20261120.123131.2",
		}},
		{"hidden", ".trace", []string{
			".trace", ".trace.20261120.123131", ".trace.20261120.123131.1", ".trace.20261120.123131.2",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c := &clock{t: epoch}
			e := open(t, filepath.Join(dir, test.file), file.WithEncoder(line{}), file.WithMaxLines(1), file.WithClock(c.now))
			export(t, e, spans(0, 4)...)
			if diff := cmp.Diff(test.want, names(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if got := len(strings.Fields(all(t, dir))); got != 4 {
				t.Errorf("%d spans in all files, want 4", got)
			}
		})
	}
}

// portable is a file system whose kernel can't refuse to replace a file.
type portable struct{ file.OSFS }

func (portable) RenameNew(from, to string) error { return file.RenameByPlaceholder(from, to) }

func TestRotationNeverTakesATakenName(t *testing.T) {
	t.Parallel()
	t.Run("by the kernel", func(t *testing.T) {
		t.Parallel()
		takenNames(t, file.OSFS{})
	})
	t.Run("by a placeholder", func(t *testing.T) {
		t.Parallel()
		takenNames(t, portable{})
	})
}

func takenNames(t *testing.T, fs file.FS) {
	t.Helper()
	dir := t.TempDir()
	c := &clock{t: epoch}
	e := open(t, filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithMaxLines(1), file.WithClock(c.now), file.WithFS(fs))
	export(t, e, spans(0, 2)...)
	taken := []string{"trace.20261120.123131.1.log", "trace.20261120.123131.2.log.gz", "trace.20261120.123131.3.log"}
	for _, name := range taken { // after the exporter has looked which names there are
		write(t, filepath.Join(dir, name), "mine")
	}
	export(t, e, span(2))
	for _, name := range taken {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(data) != "mine" {
			t.Errorf("%s = %q, %v; want it untouched", name, data, err)
		}
	}
	if got := read(t, filepath.Join(dir, "trace.20261120.123131.4.log")); got != "span-1\n" {
		t.Errorf("rotated file = %q", got)
	}
}

func TestRotationBySize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := open(t, filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithMaxSize(14)) // two lines of 7
	export(t, e, spans(0, 5)...)
	var sizes []int
	for _, name := range names(t, dir) {
		sizes = append(sizes, len(read(t, filepath.Join(dir, name))))
	}
	if diff := cmp.Diff([]int{14, 14, 7}, sizes); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
}

func TestRotationLeavesEmptyFilesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := open(t, filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithMaxSize(3))
	export(t, e, span(0)) // longer than any file may be
	if diff := cmp.Diff([]string{"trace.log"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestRotationBySlice(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	for _, test := range []struct {
		name     string
		slice    file.Slice
		from, to time.Time
		want     int // files
	}{
		{"within an hour", file.Hourly, epoch, epoch.Add(28 * time.Minute), 1},
		{"another hour", file.Hourly, epoch, epoch.Add(29 * time.Minute), 2},
		{"same hour of another day", file.Hourly, epoch, epoch.Add(24 * time.Hour), 2},
		{"within a day", file.Daily, epoch, epoch.Add(11 * time.Hour), 1},
		{"another day by the local clock only", file.Daily, epoch.In(berlin).Add(10 * time.Hour), epoch.In(berlin).Add(11*time.Hour - time.Minute), 2},
		{"same day of another month", file.Daily, epoch, epoch.AddDate(0, 1, 0), 2},
		{"within a month", file.Monthly, epoch, epoch.AddDate(0, 0, 10), 1},
		{"another month", file.Monthly, epoch, epoch.AddDate(0, 0, 11), 2},
		{"within a year", file.Yearly, epoch, epoch.AddDate(0, 1, 0), 1},
		{"another year", file.Yearly, epoch, epoch.AddDate(0, 2, 0), 2},
		{"the clock goes back a day", file.Daily, epoch, epoch.AddDate(0, 0, -1), 2},
		{"an hour that autumn repeats", file.Hourly, time.Unix(1792886400, 0).In(berlin), time.Unix(1792890000, 0).In(berlin), 2},
		{"no slice", file.NoSlice, epoch, epoch.AddDate(9, 0, 0), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, restart := range []bool{false, true} {
				dir := t.TempDir()
				path := filepath.Join(dir, "trace.log")
				c := &clock{t: test.from}
				opts := []file.Option{file.WithEncoder(line{}), file.WithSlice(test.slice), file.WithClock(c.now)}
				e := open(t, path, opts...)
				export(t, e, span(0))
				if restart {
					shut(t, e)
					if err := os.Chtimes(path, test.from, test.from); err != nil {
						t.Fatal(err)
					}
					e = open(t, path, opts...)
				}
				c.set(test.to)
				export(t, e, span(1))
				if got := names(t, dir); len(got) != test.want {
					t.Errorf("restart %v: files = %q, want %d", restart, got, test.want)
				}
				if got := len(strings.Fields(all(t, dir))); got != 2 {
					t.Errorf("restart %v: %d spans in all files, want 2", restart, got)
				}
			}
		})
	}
}

func TestLinesAreCountedAcrossRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := range 5 {
		e := open(t, filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithMaxLines(2))
		export(t, e, span(n))
		shut(t, e)
	}
	if got := names(t, dir); len(got) != 3 {
		t.Errorf("files = %q, want 3", got)
	}
}

func TestNamesGoUpWhenTheClockGoesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := &clock{}
	for n, at := range []time.Duration{0, -time.Hour, -48 * time.Hour, time.Second, -time.Second} {
		c.set(epoch.Add(at))
		e := open(t, filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithMaxLines(1), file.WithClock(c.now))
		export(t, e, span(n))
		shut(t, e)
	}
	want := map[string]string{
		"trace.20261120.113131.log":   "span-0\n",
		"trace.20261120.113131.1.log": "span-1\n",
		"trace.20261120.123132.log":   "span-2\n",
		"trace.20261120.123132.1.log": "span-3\n",
		"trace.log":                   "span-4\n",
	}
	got := make(map[string]string)
	for _, name := range names(t, dir) {
		got[name] = read(t, filepath.Join(dir, name))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestAPlaceholderThatIsNotNeededIsRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := file.RenameByPlaceholder(filepath.Join(dir, "none"), filepath.Join(dir, "new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v, want os.ErrNotExist", err)
	}
	if list := names(t, dir); len(list) != 0 {
		t.Errorf("files = %q, want none", list)
	}
}

// refuseRename is a file system on which nothing can be renamed.
type refuseRename struct{ file.OSFS }

var errRename = errors.New("no renaming today")

func (refuseRename) RenameNew(string, string) error { return errRename }

func TestAFileThatCannotBeRotatedGrows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := open(t, filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithMaxLines(1), file.WithFS(refuseRename{}))
	for n := range 3 {
		err := e.ExportSpans(t.Context(), spans(2*n, 2*n+2))
		var partial *report.Result
		if !errors.As(err, &partial) || !errors.Is(err, errRename) {
			t.Fatalf("err = %v, want a Result that wraps the reason", err)
		}
		if partial.Exported != 2 || partial.Failed != 0 {
			t.Errorf("exported, failed = %d, %d, want 2, 0", partial.Exported, partial.Failed)
		}
	}
	if diff := cmp.Diff([]string{"trace.log"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if got := len(strings.Fields(all(t, dir))); got != 6 {
		t.Errorf("%d spans in the file, want 6", got)
	}
}

func ExampleParseSlice() {
	for _, text := range []string{"Day", "h", "week"} {
		slice, ok := file.ParseSlice(text)
		fmt.Println(slice == file.Daily, slice == file.Hourly, ok)
	}
	// Output:
	// true false true
	// false true true
	// false false false
}
