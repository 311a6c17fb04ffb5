package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/tracehook/tracehook/internal/safefile"
)

// filesystem is what the package needs of the operating system. Tests put one in its
// place that fails at a chosen call.
type filesystem interface {
	OpenFile(name string, flag int, perm os.FileMode) (handle, error)
	MkdirAll(path string, perm os.FileMode) error
	Stat(name string) (os.FileInfo, error) // of a link, not of what it leads to
	ReadDir(name string) ([]os.DirEntry, error)
	Rename(from, to string) error
	// RenameNew renames a file. It replaces nothing: if the new name exists, it returns an
	// error that is fs.ErrExist.
	RenameNew(from, to string) error
	Remove(name string) error
	Chtimes(name string, atime, mtime time.Time) error
	SyncDir(name string) error
	// Lock puts an advisory lock on an open file, and never waits. It returns errLocked when
	// another process has it, and an error that is errors.ErrUnsupported where there are none.
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

// osFS is the operating system's own. It opens files as package safefile does, and none of
// its methods follows a link at the end of a path.
type osFS struct {
	anyOwner bool // other users write to the file, too
	group    *int // of what is made; nil is the process's own
}

func (o osFS) OpenFile(name string, flag int, perm os.FileMode) (handle, error) {
	if o.anyOwner {
		flag |= safefile.AnyOwner
	}
	f, err := safefile.Open(name, flag, perm)
	if err != nil {
		return nil, err // not f: a nil *os.File is not a nil handle
	}
	if o.group != nil && flag&os.O_EXCL != 0 {
		if err := f.Chown(-1, *o.group); err != nil {
			return nil, errors.Join(fmt.Errorf("giving it to group %d: %w; name a group that this user is in", *o.group, err), f.Close(), os.Remove(name))
		}
	}
	return f, nil
}

func (o osFS) MkdirAll(path string, perm os.FileMode) error {
	return safefile.MakeDirectories(path, perm, o.group)
}

func (osFS) Stat(name string) (os.FileInfo, error)      { return os.Lstat(name) }
func (osFS) ReadDir(name string) ([]os.DirEntry, error) { return os.ReadDir(name) }
func (osFS) Rename(from, to string) error               { return os.Rename(from, to) }
func (osFS) Remove(name string) error                   { return os.Remove(name) }

// openOrMake opens a file, or makes it with that very mode, whatever the umask, and says
// which. Another process may be faster.
func openOrMake(fsys filesystem, path string, flag int, mode os.FileMode) (h handle, made bool, err error) {
	h, err = fsys.OpenFile(path, flag, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return h, false, err
	}
	h, err = create(fsys, path, flag, mode)
	if errors.Is(err, fs.ErrExist) {
		h, err = fsys.OpenFile(path, flag, 0)
		return h, false, err
	}
	return h, err == nil, err
}

// create makes a file with that very mode, whatever the umask.
func create(fsys filesystem, path string, flag int, mode os.FileMode) (handle, error) {
	h, err := fsys.OpenFile(path, flag|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	if err := h.Chmod(mode); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// renameByPlaceholder reserves the new name with an empty file, and renames over that.
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
