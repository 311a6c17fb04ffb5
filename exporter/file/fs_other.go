//go:build !unix || solaris || aix

package file

import "errors"

// canLock says whether this system has the locks that keep two processes apart. Here it
// doesn't: nothing refuses a second process, and shared files are refused.
const canLock = false

func (osFS) Lock(handle, bool) error { return errors.ErrUnsupported }
func (osFS) Unlock(handle) error     { return nil }

// SyncDir does nothing: directories can't be synced on this system.
func (osFS) SyncDir(string) error { return nil }

// writable can't be known here without trying.
func writable(string, bool) error { return nil }
