package file

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// RenameNew lets the kernel see to it that nothing is replaced, where the file system can.
func (osFS) RenameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) {
		return renameByPlaceholder(from, to)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}
