//go:build !unix || solaris || aix

package file

import (
	"errors"
	"os"
	"time"
)

// canLock says whether this system has the locks that keep two processes apart. Here it
// doesn't: nothing refuses a second process, and shared files are refused.
const canLock = false

// renamesOpen says whether an open file can be renamed.
const renamesOpen = false

// errReadOnly is that of a file system on which nothing can be made.
var errReadOnly = os.ErrPermission //nolint:gochecknoglobals // it is a constant elsewhere

func (osFS) Lock(handle, bool) error { return errors.ErrUnsupported }
func (osFS) Unlock(handle) error     { return nil }

// SyncDir does nothing: directories can't be synced on this system.
func (osFS) SyncDir(string) error { return nil }

// Chtimes sets the times of a file.
func (osFS) Chtimes(name string, atime, mtime time.Time) error {
	return os.Chtimes(name, atime, mtime)
}

// writable can't be known here without trying.
func writable(string, bool) error { return nil }
