package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// CheckDirectory returns an error if a user who isn't this process's and isn't root could
// replace dir, or write to it. A directory that doesn't exist yet is fine: this process
// will make it. The root directory is not checked: a user with write access to it controls the
// machine.
//
// Accepted are permission bits that dir and the directories above it may have although
// others can write there: for the group (0o020), or for all (0o002), which then includes
// their owners. What is accepted comes back as a warning, and so does a dir with the sticky
// bit: nobody replaces our files there, but anybody can take their names.
func CheckDirectory(dir string, accepted fs.FileMode) (warning string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	paths, there := []string{dir}, existing(dir)
	if resolved, err := filepath.EvalSymlinks(there); err == nil && resolved != there {
		paths = append(paths, resolved) // the way there leads through links
	}
	for i, path := range paths {
		for at := path; at != filepath.Dir(at); at = filepath.Dir(at) {
			w, err := checkDirectory(at, accepted, at == path && (i == 0 || there == dir))
			if err != nil {
				return "", err
			}
			if warning == "" {
				warning = w
			}
		}
	}
	return warning, nil
}

// CheckAbove is [CheckDirectory] for the directories above dir, with nothing accepted.
func CheckAbove(dir string) error {
	if dir == filepath.Dir(dir) {
		return nil
	}
	_, err := CheckDirectory(filepath.Dir(dir), sticky)
	return err
}

// sticky, among accepted bits, makes no difference between the last directory and others.
const sticky = fs.ModeSticky

// existing returns the nearest of path and what is above it that exists.
func existing(path string) string {
	for ; ; path = filepath.Dir(path) {
		if _, err := os.Lstat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
	}
}

func checkDirectory(dir string, accepted fs.FileMode, last bool) (warning string, err error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // the file above is told of
		return "", nil
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", &Error{dir, "is not a directory", "name another", 0, nil}
	}
	who, needed := writers(info)
	if who == "" {
		return "", nil
	}
	if needed == sticky {
		if last && accepted&sticky == 0 {
			return fmt.Sprintf("%q is a shared temporary directory: anybody can take the names of our files there", dir), nil
		}
		return "", nil
	}
	what := fmt.Sprintf("can be written to by %s (mode %04o)", who, info.Mode().Perm())
	if needed == 0o002 && info.Mode().Perm()&0o022 == 0 {
		what = "belongs to " + who
	}
	if accepted&needed != 0 {
		return fmt.Sprintf("%q %s, who can replace our files there", dir, what), nil
	}
	cure := "chmod go-w it, or choose a directory of your own"
	if info.Mode().Perm()&0o022 == 0 {
		cure = "choose a directory of your own, or give it to this user (chown)"
	}
	return "", &Error{dir, what + ", who could replace our files there", cure, needed, nil}
}

// Follow returns the file that path stands for: itself or, if it is a symbolic link, what
// that leads to, whether it exists or not. It follows a link in a directory only to which
// nobody else can write, the sticky bit or not.
func Follow(path string) (string, error) {
	for range 40 {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, nil //nolint:nilerr // what doesn't exist is made, and other errors come again
		}
		dir := filepath.Dir(path)
		at, err := os.Stat(dir)
		if err != nil {
			return "", err
		}
		if who, _ := writers(at); who != "" {
			return "", &Error{
				path, fmt.Sprintf("is a symbolic link in a directory that %s can write to, and is not followed", who),
				"name the file that it leads to", 0, nil,
			}
		}
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		path = target
	}
	return "", &Error{path, "is a symbolic link that leads in a circle", "name a file", 0, nil}
}
