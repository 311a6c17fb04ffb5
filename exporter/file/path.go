package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
	"github.com/tracehook/tracehook/internal/safefile"
)

// Limits of a path. File systems take names of 255 bytes; a rotation appends up to 16 for
// the time, a number, and .gz.tmp.
const (
	longestName = 255 - 16 - 12 - 7
	longestPath = 4000
)

// pathProblem says what is wrong with a path as a text, without looking at the disk.
func pathProblem(path string) string {
	name := filepath.Base(path)
	switch {
	case strings.TrimSpace(path) == "":
		return "the path is empty"
	case strings.ContainsRune(path, 0):
		return "the path has a zero byte"
	case os.IsPathSeparator(path[len(path)-1]) || name == "." || name == "..":
		return "the path names a directory; name a file in it"
	case len(name) > longestName:
		return fmt.Sprintf("the name has %d bytes; at most %d leave room for what a rotation appends", len(name), longestName)
	case len(path) > longestPath:
		return fmt.Sprintf("the path has %d bytes; at most %d are possible", len(path), longestPath)
	}
	for _, ending := range []string{rotation.Gzip, rotation.Lock, rotation.Torn, ".tmp"} {
		if strings.HasSuffix(name, ending) {
			return fmt.Sprintf("names that end in %s are for files beside the log; use another, such as .log", ending)
		}
	}
	return ""
}

// climbs says whether a relative path goes up.
func climbs(path string) bool {
	return !filepath.IsAbs(path) && slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "..")
}

// tilde says whether a path begins like one in a home directory does in a shell.
func tilde(path string) bool {
	return path == "~" || strings.HasPrefix(filepath.ToSlash(path), "~/")
}

// checkPlace says why the file can't be written to, as far as looking tells.
func (s *settings) checkPlace(path string) error {
	if _, err := checkDirectory(filepath.Dir(path), s.accepted); err != nil {
		return explain(err)
	}
	exists, err := s.checkFile(path)
	if err != nil {
		return err
	}
	if _, err := s.checkFile(path + rotation.Lock); err != nil || exists {
		return err // whether or not anything can be made beside the file
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
			continue // it will be made
		}
		if err != nil {
			return explain(err)
		}
		if !info.IsDir() {
			return fmt.Errorf("%q is not a directory", dir)
		}
		if err := writable(dir, true); err != nil {
			return fmt.Errorf("nothing can be made in %q by this process: %w", dir, err)
		}
		return nil
	}
}

// checkFile says why the file at path can't be written to, if it exists.
func (s *settings) checkFile(path string) (exists bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, explain(err)
	}
	if err := s.ours(path, info); err != nil {
		return true, err
	}
	if err := writable(path, false); err != nil {
		return true, fmt.Errorf("%q can't be written to by this process (%w): give it to this user (chown), or name another file", path, err)
	}
	return true, nil
}

// ours returns why the file at path can't be one of ours.
func (s *settings) ours(path string, info os.FileInfo) error {
	if s.foreign() && info.Mode().IsRegular() {
		return nil
	}
	return safefile.Check(path, info)
}

// checkDirectory refuses a directory that others can write to, unless that is accepted: then
// it returns a warning.
func checkDirectory(dir string, accepted os.FileMode) (warning string, err error) {
	warning, err = safefile.CheckDirectory(dir, accepted)
	if e, ok := errors.AsType[*safefile.Error](err); ok && e.Needed != 0 {
		e.Cure += fmt.Sprintf(", or set dirmode = \"%04o\" to trust them", 0o755|e.Needed)
	}
	return warning, err
}

// target is the file that path stands for, which is to be written.
func target(path string) (string, error) {
	target, err := safefile.Follow(path)
	if err != nil {
		return path, err
	}
	if problem := pathProblem(target); problem != "" {
		return "", fmt.Errorf("%q leads to %q: %s", path, target, problem)
	}
	return target, nil
}

// explain puts words in place of the name of a system call.
func explain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%q can't be reached by this process: %w", e.Path, e.Err)
	}
	return err
}
