package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// acquire makes the directory and takes the lock that says that we write to this file.
func (w *writer) acquire() error {
	if info, err := w.fs.Stat(w.path); err == nil { // before anything is made beside it
		if err := w.ours(w.path, info); err != nil {
			return err
		}
	}
	warning, err := checkDirectory(w.family.Dir, w.accepted)
	if err != nil {
		return err
	}
	if warning != "" && warning != w.warned {
		w.logger.Warn("others can write to the directory of the trace file", "file", w.path, "warning", warning)
		w.warned = warning
	}
	if err := w.fs.MkdirAll(w.family.Dir, w.dirMode); err != nil {
		return err
	}
	err = w.presence.take(!w.shared)
	if err != nil && w.fixed(err) {
		err = w.presence.take(!w.shared)
	}
	switch {
	case errors.Is(err, errors.ErrUnsupported) && !w.shared:
		if canLock { // else the documentation has said it
			w.logger.Warn("the file system has no locks: nothing keeps a second writer out", "file", w.path)
		}
		return nil
	case errors.Is(err, errLocked):
		return fmt.Errorf("it is being written by somebody else%s: give each a file of its own, "+
			"or set shared = true for all of them", w.presence.owner())
	}
	return err
}

// fixed reports that the lock can't be made because nothing can be made in the directory,
// although the log is there, as root makes it for a service. Then the log itself is locked,
// and isn't rotated here.
func (w *writer) fixed(err error) bool {
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errReadOnly) || w.shared {
		return false
	}
	if _, err := w.fs.Stat(w.presence.path); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if info, err := w.fs.Stat(w.path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	w.logger.Warn("nothing can be made beside the trace file: it isn't rotated here", "file", w.path, "error", err)
	w.presence = lock{fs: w.fs, path: w.path, mode: w.mode}
	w.unrotated = true
	return true
}

// open opens the active file and learns what is in it.
func (w *writer) open() error {
	h, made, err := openOrMake(w.fs, w.path, os.O_RDWR|os.O_APPEND, w.mode)
	if err != nil {
		return err
	}
	if made && w.sync != SyncNever {
		if err := w.fs.SyncDir(w.family.Dir); err != nil {
			_ = h.Close()
			return err
		}
	}
	w.f, w.torn = h, false
	if err := w.inspect(); err != nil {
		w.close()
		return err
	}
	return nil
}

// inspect finds out what a restart would forget: how long the file is, how many lines it
// has, which slice of time it is for, and whether a crash left half a line.
func (w *writer) inspect() error {
	info, err := w.f.Stat()
	if err != nil {
		return err
	}
	w.info = info
	w.period = w.slice.period(info.ModTime().In(w.now().Location()))
	if w.cut != nil && os.SameFile(info, w.cut.info) && !w.apply(w.cut) {
		w.logger.Warn("half a batch stays in the trace file", "file", w.path)
	}
	w.cut = nil
	w.size, w.lines = 0, 0
	return w.scan(w.repairTail)
}

// follow checks that the active file is still the one with the name. If it was renamed or
// removed, follow opens the one that is there now, or makes it. If another program has
// changed it, follow reads the changes.
func (w *writer) follow() error {
	info, err := w.fs.Stat(w.path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil || !os.SameFile(info, w.info):
		w.close()
		if err := w.acquire(); err != nil {
			return err
		}
		return w.open()
	case info.Size() < w.size: // copied and truncated
		w.size, w.lines, w.torn = 0, 0, false
		w.period = w.slice.period(w.now())
	case info.Size() == w.size:
		return nil
	}
	repair := w.checkTail // a program that doesn't take turns may be in the middle of a line
	if w.shared {
		repair = w.repairTail
	}
	if err := w.scan(repair); err != nil {
		w.close()
		return err
	}
	return nil
}

// scan reads on from size to the end of the file: it counts the lines, if they matter, and
// handles a torn end with repair.
func (w *writer) scan(repair func() error) error {
	info, err := w.f.Stat()
	if err != nil {
		return err
	}
	from, end := w.size, info.Size()
	w.size = end
	if from < end {
		if err := repair(); err != nil {
			return err
		}
	}
	if w.maxLines > 0 {
		return w.count(from, w.size)
	}
	return nil
}

func (w *writer) count(from, to int64) error {
	buf := make([]byte, 64<<10)
	for from < to {
		n, err := w.f.ReadAt(buf[:min(int64(len(buf)), to-from)], from)
		w.lines += countLines(buf[:n])
		from += int64(n)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 0 {
			break
		}
	}
	return nil
}
