package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// MakeDirectories makes dir and what is missing above it, with exactly that mode, whatever
// the umask, and in that group unless group is nil. What exists stays as it is.
func MakeDirectories(dir string, mode fs.FileMode, group *int) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if above := filepath.Dir(dir); above != dir {
		if err := MakeDirectories(above, mode, group); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
			return nil // another process was faster
		}
		return err
	}
	if mode == 0o700 && group == nil {
		return nil
	}
	d, err := os.OpenFile(dir, openFlags, 0) // not what it may have become
	if err != nil {
		return err
	}
	if group != nil {
		if err = d.Chown(-1, *group); err != nil {
			err = fmt.Errorf("giving it to group %d: %w; name a group that this user is in", *group, err)
		}
	}
	return errors.Join(err, d.Chmod(mode), d.Close())
}
