package file_test

import (
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/tracehook/tracehook/exporter/file"
)

// faultFS is a file system that fails at chosen calls, counted over everything it does.
type faultFS struct {
	mu       sync.Mutex
	calls    int
	from, to int  // calls that fail, from 1
	half     bool // a write that fails has written half
	failed   []string
	inner    file.OSFS
}

// fault says whether this call fails.
func (f *faultFS) fault(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.calls < f.from || f.calls >= f.to {
		return nil
	}
	f.failed = append(f.failed, what)
	return syscall.ENOSPC
}

func (f *faultFS) OpenFile(name string, flag int, perm os.FileMode) (file.Handle, error) {
	if err := f.fault("open " + name); err != nil {
		return nil, err
	}
	h, err := f.inner.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultFile{Handle: h, fs: f, name: name}, nil
}

func (f *faultFS) MkdirAll(path string, perm os.FileMode) error {
	if err := f.fault("mkdir"); err != nil {
		return err
	}
	return f.inner.MkdirAll(path, perm)
}

func (f *faultFS) Stat(name string) (os.FileInfo, error) {
	if err := f.fault("stat " + name); err != nil {
		return nil, err
	}
	return f.inner.Stat(name)
}

func (f *faultFS) ReadDir(name string) ([]os.DirEntry, error) {
	if err := f.fault("readdir"); err != nil {
		return nil, err
	}
	return f.inner.ReadDir(name)
}

func (f *faultFS) Rename(from, to string) error {
	if err := f.fault("rename " + from); err != nil {
		return err
	}
	return f.inner.Rename(from, to)
}

func (f *faultFS) RenameNew(from, to string) error {
	if err := f.fault("rename " + from); err != nil {
		return err
	}
	return f.inner.RenameNew(from, to)
}

func (f *faultFS) Remove(name string) error {
	if err := f.fault("remove " + name); err != nil {
		return err
	}
	return f.inner.Remove(name)
}

func (f *faultFS) Chtimes(name string, atime, mtime time.Time) error {
	if err := f.fault("chtimes"); err != nil {
		return err
	}
	return f.inner.Chtimes(name, atime, mtime)
}

func (f *faultFS) SyncDir(string) error { return f.fault("syncdir") }

func (f *faultFS) Lock(h file.Handle, exclusive bool) error {
	if err := f.fault("lock"); err != nil {
		return err
	}
	return f.inner.Lock(h.(*faultFile).Handle, exclusive) //nolint:errcheck // all handles are made here
}

func (f *faultFS) Unlock(h file.Handle) error {
	return f.inner.Unlock(h.(*faultFile).Handle) //nolint:errcheck // all handles are made here
}

type faultFile struct {
	file.Handle
	fs   *faultFS
	name string
}

func (f *faultFile) Read(p []byte) (int, error) {
	if err := f.fs.fault("read " + f.name); err != nil {
		return 0, err
	}
	return f.Handle.Read(p)
}

func (f *faultFile) ReadAt(p []byte, at int64) (int, error) {
	if err := f.fs.fault("readat " + f.name); err != nil {
		return 0, err
	}
	return f.Handle.ReadAt(p, at)
}

func (f *faultFile) Write(p []byte) (int, error) {
	if err := f.fs.fault("write " + f.name); err != nil {
		n := 0
		if f.fs.half {
			n, _ = f.Handle.Write(p[:len(p)/2])
		}
		return n, err
	}
	return f.Handle.Write(p)
}

func (f *faultFile) Stat() (os.FileInfo, error) {
	if err := f.fs.fault("fstat " + f.name); err != nil {
		return nil, err
	}
	return f.Handle.Stat()
}

func (f *faultFile) Sync() error {
	return f.fs.fault("sync " + f.name) // no power fails here
}

func (f *faultFile) Truncate(size int64) error {
	if err := f.fs.fault("truncate " + f.name); err != nil {
		return err
	}
	return f.Handle.Truncate(size)
}

func (f *faultFile) Chmod(mode os.FileMode) error {
	if err := f.fs.fault("chmod " + f.name); err != nil {
		return err
	}
	return f.Handle.Chmod(mode)
}

// Close closes even if it reports a failure, as the system's does.
func (f *faultFile) Close() error {
	err := f.fs.fault("close " + f.name)
	if inner := f.Handle.Close(); inner != nil {
		return inner
	}
	return err
}
