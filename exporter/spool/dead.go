package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
)

const (
	deadDir      = "dead"
	reasonSuffix = ".reason"
)

// deadLetters is what is in dead/, oldest first.
type deadLetters struct {
	entries []entry
	used    int64
}

func (s *Spool) loadDead() error {
	names, err := readNames(filepath.Join(s.dir, deadDir))
	if err != nil {
		return err
	}
	slices.Sort(names) // by number
	for _, name := range names {
		if e, ok := s.options.parse(name); ok {
			s.dead.entries = append(s.dead.entries, e)
			s.dead.used += e.cost()
		}
	}
	return nil
}

// keepDead keeps a batch that never was in the spool in dead/; lost is how many of its spans the
// destination doesn't have.
func (s *Spool) keepDead(b delivery.Batch, lost int, reason error) error {
	e, err := s.reserve(b)
	if err != nil {
		return err
	}
	err = s.write(&e, b.Body, s.options.Sync == SyncBatch)
	s.mu.Lock()
	s.index.used -= e.cost()
	s.mu.Unlock()
	if err == nil {
		err = s.moveToDead(e, lost, reason)
	}
	if err != nil {
		// Nothing has counted it: it must not come back with the next process.
		return fmt.Errorf("spool %q: %w", s.dir, errors.Join(err, ignoreMissing(os.Remove(s.path(e.name(s.options.Kind))))))
	}
	return nil
}

// moveToDead moves the file of an entry to dead/, writes the reason beside it, and makes room if there is
// too much. The caller changes the index. After an error nothing has happened.
func (s *Spool) moveToDead(e entry, lost int, reason error) error {
	name := e.name(s.options.Kind)
	path := filepath.Join(s.dir, deadDir, name)
	if err := errors.Join(s.makeDead(), os.Rename(s.path(name), path)); err != nil {
		return err
	}
	text := fmt.Sprintf("%s connection %q: %v\n", time.Now().UTC().Format(time.RFC3339), s.options.Connection, reason)
	if lost < e.spans {
		text += fmt.Sprintf("%d of the %d spans are lost; sending this file again duplicates the others\n", lost, e.spans)
	}
	err := writeReason(path+reasonSuffix, text)
	s.mu.Lock()
	s.counts.dead += int64(lost)
	e.body = nil
	s.dead.entries = append(s.dead.entries, e)
	s.dead.used += e.cost()
	for s.dead.used > s.options.DeadMaxBytes && len(s.dead.entries) > 1 {
		err = errors.Join(err, s.removeOldestDead())
	}
	s.mu.Unlock()
	s.logDead(e, lost, reason)
	if err != nil {
		s.options.Logger.Warn("dead/ has too many batches, or one without its reason: a file there couldn't be written or removed", "file", name, "error", err)
	}
	return nil
}

// writeReason writes a file that doesn't exist yet.
func writeReason(path, text string) error {
	f, err := create(path)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	return errors.Join(err, f.Close())
}

// Revive puts what is in dead/ back among the batches that are sent, for a cause that has gone, and
// returns how many spans that are. No process may use the spool meanwhile. Batches that were
// delivered in part come a second time.
func Revive(ctx context.Context, o Options) (spans int, err error) {
	o.fill()
	dir, err := o.check()
	if err != nil {
		return 0, err
	}
	return ReviveIn(ctx, dir)
}

// ReviveIn is [Revive] for the spool of one connection, by its directory.
func ReviveIn(ctx context.Context, dir string) (spans int, err error) {
	if err := errors.Join(checkDirectory(dir, true), checkDirectory(filepath.Join(dir, deadDir), true)); err != nil {
		return 0, fmt.Errorf("spool: %w", err)
	}
	l, err := lock(ctx.Done(), dir)
	if err != nil {
		return 0, fmt.Errorf("spool: %w", err)
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	names, err := readNames(filepath.Join(dir, deadDir))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	for _, name := range names {
		e, ok := parseAny(name)
		if !ok {
			continue
		}
		e.created = time.Now().UnixMilli() // or it would be too old at once
		from := filepath.Join(dir, deadDir, name)
		if err := os.Rename(from, filepath.Join(dir, e.name(filepath.Ext(name)[1:]))); err != nil {
			return spans, err
		}
		spans += e.spans
		if err := ignoreMissing(os.Remove(from + reasonSuffix)); err != nil {
			return spans, err
		}
	}
	return spans, errors.Join(err, syncDir(dir))
}

// removeOldestDead needs the lock.
func (s *Spool) removeOldestDead() error {
	oldest := s.dead.entries[0]
	s.dead.entries = s.dead.entries[1:]
	s.dead.used -= oldest.cost()
	path := filepath.Join(s.dir, deadDir, oldest.name(s.options.Kind))
	return errors.Join(ignoreMissing(os.Remove(path)), ignoreMissing(os.Remove(path+reasonSuffix)))
}

// expireDead removes what has been in dead/ for too long.
func (s *Spool) expireDead(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.dead.entries) > 0 && s.dead.entries[0].age(now) > s.options.DeadMaxAge {
		_ = s.removeOldestDead() // one that can't be removed is found by the next process
	}
}

// logDead says that spans of an entry are dead.
func (s *Spool) logDead(e entry, lost int, reason error) {
	s.mu.Lock()
	s.deadReason = reason
	s.mu.Unlock()
	s.deadLog.add(s.options.Logger, lost, "file", e.name(s.options.Kind), "reason", reason)
}

func (s *Spool) lastDead() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deadReason
}
