package file

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// filesystem is what the package needs of the operating system. Tests put one in its
// place that fails at a chosen call.
type filesystem interface {
	OpenFile(name string, flag int, perm os.FileMode) (handle, error)
	MkdirAll(path string, perm os.FileMode) error
	Stat(name string) (os.FileInfo, error)
	ReadDir(name string) ([]os.DirEntry, error)
	Rename(from, to string) error
	// RenameNew renames a file to a name that nobody has, and returns an error that is
	// fs.ErrExist if somebody does. It replaces nothing.
	RenameNew(from, to string) error
	Remove(name string) error
	Chtimes(name string, atime, mtime time.Time) error
	SyncDir(name string) error
	// Lock puts an advisory lock on an open file, and never waits. It returns errLocked when
	// somebody else has it, and an error that is errors.ErrUnsupported where there are none.
	Lock(h handle, exclusive bool) error
	Unlock(h handle) error
}

// handle is an open file.
type handle interface {
	io.ReadWriteCloser
	io.ReaderAt
	Stat() (os.FileInfo, error)
	Sync() error
	Truncate(size int64) error
	Chmod(mode os.FileMode) error
}

// osFS is the operating system's own.
type osFS struct{}

func (osFS) OpenFile(name string, flag int, perm os.FileMode) (handle, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err // not f: a nil *os.File is not a nil handle
	}
	return f, nil
}

func (osFS) MkdirAll(path string, perm os.FileMode) error { return os.MkdirAll(path, perm) }
func (osFS) Stat(name string) (os.FileInfo, error)        { return os.Stat(name) }
func (osFS) ReadDir(name string) ([]os.DirEntry, error)   { return os.ReadDir(name) }
func (osFS) Rename(from, to string) error                 { return os.Rename(from, to) }
func (osFS) Remove(name string) error                     { return os.Remove(name) }

func (osFS) Chtimes(name string, atime, mtime time.Time) error {
	return os.Chtimes(name, atime, mtime)
}

// openOrMake opens a file, or makes it with that very mode, whatever the umask, and says
// which. Another process may be faster.
func openOrMake(fsys filesystem, path string, flag int, mode os.FileMode) (h handle, made bool, err error) {
	h, err = fsys.OpenFile(path, flag, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return h, false, err
	}
	h, err = fsys.OpenFile(path, flag|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		h, err = fsys.OpenFile(path, flag, 0)
		return h, false, err
	}
	if err != nil {
		return nil, false, err
	}
	if err := h.Chmod(mode); err != nil {
		_ = h.Close()
		return nil, false, err
	}
	return h, true, nil
}

// renameByPlaceholder makes an empty file of the new name, so that nobody else can have
// it, and renames over that.
func renameByPlaceholder(from, to string) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_ = f.Close()
	if err := os.Rename(from, to); err != nil {
		_ = os.Remove(to) // empty, and ours
		return err
	}
	return nil
}
