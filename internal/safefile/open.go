package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// AnyOwner is a flag of [Open] that accepts files of other users and files with several
// names: those of a file that several users share.
const AnyOwner = 1 << 30

// Open opens the file at path, which must exist unless flag has O_CREATE and O_EXCL. It
// never follows a link at the end of path, and never blocks.
func Open(path string, flag int, perm fs.FileMode) (*os.File, error) {
	anyOwner := flag&AnyOwner != 0
	flag &^= AnyOwner
	if flag&(os.O_CREATE|os.O_EXCL) != os.O_CREATE|os.O_EXCL {
		// Looked at before, so that the error says what it is, and a device isn't touched.
		info, err := os.Lstat(path)
		if err == nil {
			err = check(path, info, anyOwner)
		}
		if err != nil {
			return nil, err
		}
		flag &^= os.O_CREATE
	}
	trunc := flag & os.O_TRUNC
	f, err := os.OpenFile(path, flag&^os.O_TRUNC|openFlags, perm)
	if err != nil {
		return nil, explain(path, err)
	}
	info, err := f.Stat()
	if err == nil {
		err = check(path, info, anyOwner)
	}
	if err == nil && trunc != 0 {
		err = f.Truncate(0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Check returns why the file at path, of which info is the result of Lstat or of a Stat
// of the open file, can't be one of ours.
func Check(path string, info fs.FileInfo) error { return check(path, info, false) }

// Error says why a file or a directory isn't used, and what to do about it.
type Error struct {
	Path, Problem, Cure string
	// Needed are the bits that [CheckDirectory] would have to accept.
	Needed fs.FileMode

	err error
}

func (e *Error) Error() string { return fmt.Sprintf("%q %s: %s", e.Path, e.Problem, e.Cure) }

// Unwrap returns the error of the system, if there was one.
func (e *Error) Unwrap() error { return e.err }

func check(path string, info fs.FileInfo, anyOwner bool) error {
	const cure = "remove it, or name another file"
	mode := info.Mode()
	switch {
	case mode.IsRegular():
		if anyOwner {
			return nil
		}
		return checkOwner(path, info)
	case mode.IsDir():
		return &Error{path, "is a directory", "name a file", 0, nil}
	case mode&fs.ModeSymlink != 0:
		return &Error{path, "is a symbolic link, which is not followed here", cure, 0, nil}
	case mode&fs.ModeNamedPipe != 0:
		return &Error{path, "is a named pipe", cure, 0, nil}
	default:
		return &Error{path, "is a device or socket", cure, 0, nil}
	}
}
