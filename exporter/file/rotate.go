package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// rotate gives the active file its rotated name and starts a new one. If that fails and
// the writer still has a file, the old one can be written on; if it has none, the batch
// has to wait.
func (w *writer) rotate() error {
	if w.sync == SyncBatch {
		if err := w.syncPending(); err != nil {
			return err
		}
	}
	if err := w.findNewest(); err != nil {
		return fmt.Errorf("rotating: %w", err)
	}
	err := w.unmoved()
	w.close() // syncs, and some systems don't rename open files
	w.done += w.pending
	w.pending = 0
	if err == nil {
		err = w.rename()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("rotating: %w", err), w.reopen())
	}
	w.rotated()
	return w.reopen()
}

func (w *writer) reopen() error {
	err := w.open()
	w.base = w.size
	return err
}

// unmoved returns an error if the name of the active file belongs to another file by now: the writer
// renames its own files only. The file must be open, so that its inode isn't used again.
func (w *writer) unmoved() error {
	named, err := w.fs.Stat(w.path)
	if err == nil && !os.SameFile(named, w.info) {
		return fmt.Errorf("%q has become another file", w.path)
	}
	return err
}

// rename gives the active file the next free name.
func (w *writer) rename() error {
	for range 1000 {
		w.last = w.last.Next(w.now())
		target := w.family.Rotated(w.last)
		if _, err := w.fs.Stat(target + rotation.Gzip); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := w.fs.RenameNew(w.path, target); !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return fmt.Errorf("no free name up to %q", w.family.Rotated(w.last))
}

// findNewest finds the newest rotated file. Names go up from there even if the clock went
// back, so that the order of names is the order of writing.
func (w *writer) findNewest() error {
	if w.last != (rotation.Stamp{}) && !w.shared { // nobody else rotates
		return nil
	}
	entries, err := w.fs.ReadDir(w.family.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if s, _, ok := w.family.Parse(e.Name()); ok && s.Compare(w.last) > 0 {
			w.last = s
		}
	}
	return nil
}
