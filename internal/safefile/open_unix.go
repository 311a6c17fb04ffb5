//go:build unix

package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const openFlags = unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_NOCTTY

// owner returns whose a file is, and how many names it has.
func owner(info fs.FileInfo) (uid, gid uint32, links uint64, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, 0, false
	}
	return st.Uid, st.Gid, uint64(st.Nlink), true //nolint:unconvert // its type differs between systems
}

// trusted says whether a user may do with our files what we may.
func trusted(uid uint32) bool { return uid == 0 || int(uid) == os.Geteuid() }

func checkOwner(path string, info fs.FileInfo) error {
	uid, _, links, ok := owner(info)
	switch {
	case !ok:
		return nil
	case !trusted(uid):
		return &Error{
			path, fmt.Sprintf("belongs to user %d, and this process runs as user %d", uid, os.Geteuid()),
			"give it to this user (chown), remove it, or name another file", 0, nil,
		}
	case links > 1:
		return &Error{
			path, fmt.Sprintf("is one file with %d names (hard links), of which another may be somebody else's", links),
			"remove it, or name another file", 0, nil,
		}
	}
	return nil
}

// explain puts words in place of those of a system call.
func explain(path string, err error) error {
	switch {
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.EMLINK): // FreeBSD says the latter
		return &Error{path, "has become a symbolic link, which is not followed here", "remove it, or name another file", 0, err}
	case errors.Is(err, unix.ENXIO):
		return &Error{path, "has become a named pipe", "remove it, or name another file", 0, err}
	}
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	info, statErr := os.Lstat(path)
	if statErr != nil {
		return err
	}
	if uid, _, _, ok := owner(info); ok && int(uid) != os.Geteuid() {
		whose := fmt.Sprintf("belongs to user %d", uid)
		if uid == 0 {
			whose = "belongs to root, as after a run as root"
		}
		return &Error{
			path, fmt.Sprintf("%s, and user %d may not open it", whose, os.Geteuid()),
			"remove it, or give it to this user (chown)", 0, err,
		}
	}
	return err
}
