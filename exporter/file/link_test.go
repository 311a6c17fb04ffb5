package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/file"
)

// link makes dir/trace.log lead to dir/real/NAME and returns both.
func link(t *testing.T, name string) (from, to string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	from, to = filepath.Join(dir, "trace.log"), filepath.Join(dir, "real", name)
	if err := os.Symlink(filepath.Join("real", name), from); err != nil {
		t.Fatal(err)
	}
	return from, to
}

// A link may come before the file that it leads to.
func TestALinkStandsForItsFile(t *testing.T) {
	t.Parallel()
	from, to := link(t, "shop.log")
	settings := exporter.Settings{Setting: map[string]any{"path": from}}
	if err := file.Driver().Check(settings); err != nil {
		t.Errorf("Check of a link to a file that isn't there yet: %v", err)
	}
	e := open(t, from, file.WithEncoder(line{}), file.WithMaxLines(2))
	if _, err := file.New(to); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("a second writer behind a link: err = %v, want it refused", err)
	}
	export(t, e, spans(0, 5)...)
	shut(t, e)
	if info, err := os.Lstat(from); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if got := names(t, filepath.Dir(to)); len(got) != 3 {
		t.Errorf("files beside the target = %q, want it and two rotated ones", got)
	}
	for _, path := range []string{from, to, filepath.Dir(to)} {
		if diff := cmp.Diff(wantNames(5), readNames(t, path)); diff != "" {
			t.Errorf("read at %s (-want +got):\n%s", path, diff)
		}
	}
}

func TestALinkToABadNameIsRefused(t *testing.T) {
	t.Parallel()
	from, to := link(t, "shop.gz")
	checked := file.Driver().Check(exporter.Settings{Setting: map[string]any{"path": from}})
	_, opened := file.New(from)
	for _, err := range []error{checked, opened} {
		if err == nil || !strings.Contains(err.Error(), from) || !strings.Contains(err.Error(), to) {
			t.Errorf("err = %v, want it to name the link and its target", err)
		}
	}
}

// What New would refuse beside the log, Check refuses.
func TestCheckLooksAtTheLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	settings := exporter.Settings{Setting: map[string]any{"path": path}}
	if err := os.Symlink("elsewhere", path+".lock"); err != nil {
		t.Fatal(err)
	}
	checked := file.Driver().Check(settings)
	_, opened := file.New(path)
	for _, err := range []error{checked, opened} {
		if err == nil || !strings.Contains(err.Error(), path+".lock") || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("err = %v, want it to name the link and the cure", err)
		}
	}
}
