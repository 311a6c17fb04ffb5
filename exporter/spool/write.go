package spool

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/tracehook/tracehook/internal/safefile"
)

// file is what is written to; tests have one that fails.
type file interface {
	Write(body []byte) (int, error)
	Sync() error
	Close() error
}

func create(name string) (file, error) {
	return safefile.Open(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// write puts a batch into its file: whole or not at all. A directory that has been removed is
// made again.
func (s *Spool) write(e *entry, body []byte, durable bool) error {
	err := s.writeOnce(e, body, durable)
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if restoreErr := s.restore(); restoreErr != nil {
		return restoreErr
	}
	return s.writeOnce(e, body, durable)
}

func (s *Spool) writeOnce(e *entry, body []byte, durable bool) error {
	name := e.name(s.options.Kind)
	temp := s.path(tempPrefix + name)
	f, err := s.open(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err == nil && durable {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(temp, s.path(name))
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(temp)))
	}
	switch {
	case durable:
		return s.syncDir(s.dir)
	case s.options.Sync != SyncNever:
		s.unsynced.add(s.path(name))
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// syncList is what was written since the last sync.
type syncList struct {
	mu    sync.Mutex
	paths []string
}

func (l *syncList) add(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paths = append(l.paths, path)
}

func (l *syncList) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	paths := l.paths
	l.paths = nil
	return paths
}

func (s *Spool) syncEvery(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.draining:
			return
		case <-t.C:
			if err := s.syncNow(ctx); err != nil {
				s.options.Logger.Warn("spooled batches can't be synced", "error", err)
			}
		}
	}
}

// syncNow syncs what is waiting for it, as long as ctx lasts: the operating system does it later, unless
// the machine fails before. Files that were sent meanwhile are gone.
func (s *Spool) syncNow(ctx context.Context) error {
	paths := s.unsynced.take()
	if len(paths) == 0 {
		return nil
	}
	var errs []error
	for _, path := range paths {
		if ctx.Err() != nil {
			return errors.Join(errs...)
		}
		errs = append(errs, ignoreMissing(syncFile(path)))
	}
	return errors.Join(append(errs, s.syncDir(s.dir))...)
}

func syncFile(path string) error {
	f, err := safefile.Open(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
