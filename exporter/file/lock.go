package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// turnWait is how long a batch of a shared file waits for the other processes.
const turnWait = 5 * time.Second

// lock is an advisory lock on a side file. The side file is never removed: a process that
// has opened it and one that makes it anew would both get the lock.
type lock struct {
	fs    filesystem
	path  string
	mode  os.FileMode
	signs bool // the owner's process id is written into the file
	h     handle
}

// lockMode returns the mode of the lock of a file: users who may write to the file may take
// the lock. Users who may only read must not be able to keep writers out.
func lockMode(mode os.FileMode) os.FileMode {
	write := mode & 0o222
	return write<<1 | write
}

// take takes the lock if it is free, and makes sure that the locked file is still the
// one with the name. Holding it already, it only makes sure.
func (l *lock) take(exclusive bool) error {
	if l.h != nil {
		if l.current() {
			return nil
		}
		l.drop()
	}
	for range 10 {
		h, _, err := openOrMake(l.fs, l.path, os.O_RDWR, l.mode)
		if err != nil {
			return err
		}
		if err := l.fs.Lock(h, exclusive); err != nil {
			_ = h.Close()
			return err
		}
		l.h = h
		if l.current() {
			if l.signs && exclusive {
				l.sign()
			}
			return nil
		}
		l.drop() // removed between our opening and locking it
	}
	return fmt.Errorf("%q keeps changing under us", l.path)
}

// wait takes the lock, waiting for its owner until ctx is done or turnWait is over.
func (l *lock) wait(ctx context.Context, exclusive bool) error {
	ctx, cancel := context.WithTimeout(ctx, turnWait)
	defer cancel()
	pause := 20 * time.Microsecond
	for {
		err := l.take(exclusive)
		if !errors.Is(err, errLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%q is held by another process: %w", l.path, ctx.Err())
		case <-time.After(pause):
			pause = min(2*pause, 10*time.Millisecond)
		}
	}
}

func (l *lock) current() bool {
	held, err := l.h.Stat()
	if err != nil {
		return false
	}
	named, err := l.fs.Stat(l.path)
	return err == nil && os.SameFile(held, named)
}

// drop gives the lock back. Closing the file would do it too, but a child process may have
// inherited it in the moment of its start.
func (l *lock) drop() {
	if l.h == nil {
		return
	}
	_ = l.fs.Unlock(l.h)
	_ = l.h.Close()
	l.h = nil
}

// sign writes the process that has the lock into its file, for the error of a second one. It
// leaves alone what no lock has in it.
func (l *lock) sign() {
	info, err := l.h.Stat()
	if err != nil || info.Size() > 0 && signature(l.h) == "" {
		return
	}
	if l.h.Truncate(0) == nil {
		_, _ = fmt.Fprintf(l.h, "%d\n", os.Getpid())
	}
}

// owner reads what sign wrote.
func (l *lock) owner() string {
	h, err := l.fs.OpenFile(l.path, os.O_RDONLY, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = h.Close() }()
	if pid := signature(h); pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}

// signature reads what sign wrote.
func signature(h handle) string {
	buf := make([]byte, 20)
	n, _ := h.ReadAt(buf, 0)
	pid, ok := strings.CutSuffix(string(buf[:n]), "\n")
	if !ok || strings.Trim(pid, "0123456789") != "" {
		return ""
	}
	return pid
}
