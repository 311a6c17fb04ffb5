//go:build unix

package spool

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// access returns why this process can't make files in a directory.
func access(dir string) error {
	return unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}

// checkOwner wants the directory to be ours, or root's.
func checkOwner(dir string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return checkUID(dir, st.Uid, os.Geteuid())
}

func checkUID(dir string, owner uint32, us int) error {
	if owner != 0 && int(owner) != us {
		return fmt.Errorf("%q belongs to user %d, and this process runs as user %d: choose a directory of your own", dir, owner, us)
	}
	return nil
}

func checkMode(dir string, info fs.FileInfo, private bool) error {
	mode := info.Mode()
	switch {
	case mode&fs.ModeSticky != 0 && mode.Perm()&0o002 != 0:
		return fmt.Errorf("%q is a shared temporary directory: choose a directory of your own", dir)
	case mode.Perm()&0o022 != 0:
		return fmt.Errorf("%q is writable for others (mode %04o): chmod 700 it, or choose another", dir, mode.Perm())
	case private && mode.Perm()&0o077 != 0:
		return fmt.Errorf("%q is open to others (mode %04o), and spans are nobody else's business: chmod 700 it", dir, mode.Perm())
	}
	return nil
}
