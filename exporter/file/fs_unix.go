//go:build unix && !solaris && !aix

package file

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// canLock says whether this system has the locks that keep two processes apart.
const canLock = true

// renamesOpen says whether an open file can be renamed.
const renamesOpen = true

// errReadOnly is that of a file system on which nothing can be made.
const errReadOnly = unix.EROFS

func (osFS) Lock(h handle, exclusive bool) error {
	f, ok := h.(interface{ Fd() uintptr })
	if !ok {
		return errors.ErrUnsupported
	}
	how := unix.LOCK_SH
	if exclusive {
		how = unix.LOCK_EX
	}
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return errLocked
		case errors.Is(err, unix.ENOLCK):
			return errors.ErrUnsupported
		default:
			return &os.PathError{Op: "flock", Path: "the lock file", Err: err}
		}
	}
}

func (osFS) Unlock(h handle) error {
	f, ok := h.(interface{ Fd() uintptr })
	if !ok {
		return errors.ErrUnsupported
	}
	return unix.Flock(int(f.Fd()), unix.LOCK_UN)
}

// SyncDir makes the names in a directory durable.
func (osFS) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Chtimes sets the times of a file or of a link, not of what it leads to.
func (osFS) Chtimes(name string, atime, mtime time.Time) error {
	times := []unix.Timespec{unix.NsecToTimespec(atime.UnixNano()), unix.NsecToTimespec(mtime.UnixNano())}
	return unix.UtimesNanoAt(unix.AT_FDCWD, name, times, unix.AT_SYMLINK_NOFOLLOW)
}

// writable says whether this process may write to path, a file or a directory.
func writable(path string, dir bool) error {
	mode := uint32(unix.W_OK)
	if dir {
		mode |= unix.X_OK
	}
	return unix.Access(path, mode)
}
