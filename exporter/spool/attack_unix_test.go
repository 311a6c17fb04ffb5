//go:build unix

package spool_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// A stranger who could rename a directory above the spool could put another in its place
// while the process runs.
func TestDirectoriesAboveThatOthersCanReplaceAreRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can give directories to others")
	}
	const stranger, group = 61002, 61000
	for name, test := range map[string]struct {
		prepare func(above string) error
		want    string
	}{
		"of a stranger":                    {func(d string) error { return os.Chown(d, stranger, group) }, "belongs to user 61002"},
		"writable for a group":             {func(d string) error { return os.Chown(d, 0, group) }, "can be written to by group 61000"},
		"writable for a group, and sticky": {func(d string) error { return stickyFor(d, group) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			above := filepath.Join(t.TempDir(), "above")
			mkdir(t, above, 0o755)
			if strings.HasPrefix(name, "writable") {
				if err := os.Chmod(above, 0o775); err != nil {
					t.Fatal(err)
				}
			}
			if err := test.prepare(above); err != nil {
				t.Fatal(err)
			}
			parent := filepath.Join(above, "ours")
			mkdir(t, parent, 0o700)
			for _, dir := range []string{parent, filepath.Join(parent, "deeper")} {
				err := spool.Check(spool.Options{Dir: dir, Connection: "test"})
				switch {
				case test.want == "" && err != nil:
					t.Errorf("Check(%s) = %v", dir, err)
				case test.want == "":
				case err == nil, !strings.Contains(err.Error(), test.want), !strings.Contains(err.Error(), above), !strings.Contains(err.Error(), "choose a directory of your own"):
					t.Errorf("Check(%s) = %v, want it to name %s and the cure", dir, err, above)
				}
			}
		})
	}
}

func stickyFor(dir string, group int) error {
	if err := os.Chown(dir, 0, group); err != nil {
		return err
	}
	return os.Chmod(dir, 0o775|os.ModeSticky)
}

// Whatever leads out of the spool's directory isn't followed.
func TestALinkAsTheLockIsNotFollowed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool", "test")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	precious := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, filepath.Join(dir, "lock")); err != nil {
		t.Fatal(err)
	}
	_, err := spool.Open(t.Context(), delivery.NewSender(&destination{}, delivery.Options{}), spool.Options{Dir: filepath.Dir(dir), Connection: "test"})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "lock")) || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("Open = %v, want it to name the link and the cure", err)
	}
	if data, err := os.ReadFile(precious); err != nil || string(data) != "precious" {
		t.Errorf("the target = %q, %v", data, err)
	}
}
