package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ownedDir is the directory as this process has taken it.
type ownedDir struct {
	info os.FileInfo
	lock *os.File
}

// acquire makes the directory and locks it, as [lock] does.
func acquire(done <-chan struct{}, dir string) (ownedDir, error) {
	if err := makeDirectories(dir); err != nil {
		return ownedDir{}, err
	}
	f, err := lock(done, dir)
	if err != nil {
		return ownedDir{}, err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return ownedDir{}, errors.Join(err, f.Close())
	}
	return ownedDir{info, f}, nil
}

// restore makes the directory again if somebody has removed it while we use it, and tells the
// background job to look what is left. It does nothing while the directory is the one that
// we took.
func (s *Spool) restore() error {
	s.ownedMu.Lock()
	defer s.ownedMu.Unlock()
	if info, err := os.Lstat(s.dir); err == nil && os.SameFile(info, s.owned.info) {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	atOnce := make(chan struct{})
	close(atOnce)
	h, err := acquire(atOnce, s.dir)
	if err != nil {
		return fmt.Errorf("the directory was removed and can't be made again: %w", err)
	}
	_ = s.owned.lock.Close() // of a file that is gone
	s.owned = h
	select {
	case s.removed <- struct{}{}:
	default:
	}
	return nil
}

// checkDirectory restores the directory, and says so where that fails, once.
func (s *Spool) checkDirectory() {
	err := s.restore()
	if err != nil && !s.restoreFailed {
		s.options.Logger.Warn("the spool's directory can't be used", "dir", s.dir, "error", err)
	}
	s.restoreFailed = err != nil
}

// reconcile settles what the removal of the directory has cost: batches that are still in memory
// are written again, all others are lost, and counted. Only the background job calls it, since
// only that removes files.
func (s *Spool) reconcile() {
	s.mu.Lock()
	entries := make([]entry, 0, s.index.len())
	for i := range s.index.len() {
		e, _ := s.index.at(i)
		entries = append(entries, e)
	}
	s.mu.Unlock()
	var lost, files, saved int
	for _, e := range entries {
		if _, err := os.Lstat(s.path(e.name(s.options.Kind))); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if e.body != nil && s.writeOnce(&e, e.body, s.options.Sync == SyncBatch) == nil {
			saved += e.spans
			continue
		}
		s.forget(e, func(c *counts) { c.dead += int64(e.spans) })
		lost += e.spans
		files++
	}
	s.options.Logger.Warn("the spool's directory was removed and has been made again",
		"dir", s.dir, "lost_spans", lost, "lost_files", files, "saved_spans", saved)
}

// makeDead makes dead/ if it has been removed.
func (s *Spool) makeDead() error {
	err := os.Mkdir(filepath.Join(s.dir, deadDir), 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
