package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tracehook/tracehook/internal/safefile"
)

const lockName = "lock"

// How long a process waits for its predecessor to end.
const (
	lockPatience = 2 * time.Second
	lockPoll     = 20 * time.Millisecond
)

var errLocked = errors.New("locked")

// lock takes the directory for this process until the returned file is closed. The system
// gives it back when a process dies. It waits for a predecessor until done is closed, at most 2 s.
func lock(done <-chan struct{}, dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := safefile.Open(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		f, err = safefile.Open(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if errors.Is(err, os.ErrExist) { // another process was faster
		f, err = safefile.Open(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, err
	}
	patience := time.After(lockPatience)
	for {
		if err = tryLock(f); !errors.Is(err, errLocked) {
			break
		}
		t := time.NewTimer(lockPoll)
		select {
		case <-t.C:
			continue
		case <-done:
		case <-patience:
		}
		t.Stop()
		holder := "another process"
		if pid, err := io.ReadAll(io.LimitReader(f, 20)); err == nil && len(pid) > 0 {
			holder = "process " + strings.TrimSpace(string(pid))
		}
		err = fmt.Errorf("%q is used by %s: give each process a directory of its own, or wait until that one has ended", dir, holder)
		break
	}
	if err == nil {
		err = errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid())+"\n"))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}
