package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tracehook/tracehook/internal/safefile"
)

// Check reports what [Open] would refuse of o, without changing anything.
func Check(o Options) error {
	dir, err := o.check()
	if err != nil {
		return err
	}
	return checkDirectories(dir)
}

// checkDirectories looks at dir, the one that holds it, and all above. Those that don't exist
// yet are fine: they will be ours.
func checkDirectories(dir string) error {
	parent := filepath.Dir(dir)
	if err := safefile.CheckAbove(parent); err != nil {
		return fmt.Errorf("%q can't be kept from others: %w", dir, err)
	}
	if err := checkDirectory(parent, false); err != nil {
		return err // what is below it can only be as wrong
	}
	if err := checkDirectory(dir, true); err != nil {
		return err
	}
	return checkAccess(dir)
}

// checkAccess wants to be able to write where the first file or the first missing directory goes.
func checkAccess(dir string) error {
	for at := dir; ; at = filepath.Dir(at) {
		err := access(at)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%q can't be used: this process may not write to %q (%w): choose another directory, or give it the right to", dir, at, err)
		case at == filepath.Dir(at):
			return nil
		}
	}
}

// checkDirectory refuses what others could write to, read (if it is private) or replace.
func checkDirectory(dir string, private bool) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%q is a symbolic link: name the directory itself", dir)
	case !info.IsDir():
		return fmt.Errorf("%q is not a directory", dir)
	}
	if err := checkOwner(dir, info); err != nil {
		return err
	}
	return checkMode(dir, info, private)
}

// makeDirectories makes what is missing, closed to others, and checks it again: somebody
// may have been quicker.
func makeDirectories(dir string) error {
	if err := checkDirectories(dir); err != nil {
		return err
	}
	for _, d := range []string{filepath.Dir(dir), dir, filepath.Join(dir, deadDir)} {
		if err := os.Mkdir(d, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if err := os.MkdirAll(d, 0o700); err != nil {
				return err
			}
		}
	}
	return errors.Join(checkDirectories(dir), checkDirectory(filepath.Join(dir, deadDir), true))
}
