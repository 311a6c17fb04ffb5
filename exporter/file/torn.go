package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// repairTail repairs a file that doesn't end in a newline: a process died while it wrote. Half a
// record is moved to the file beside it whose name ends in .torn, so that other readers
// find whole records only. Where that can't be done the next batch starts with a newline.
func (w *writer) repairTail() error {
	if err := w.checkTail(); err != nil || !w.torn {
		return err
	}
	start, err := w.tornStart()
	if err != nil {
		return err
	}
	if w.complete(start) {
		return nil // only its newline is missing; put adds it
	}
	if err := w.moveTorn(start); err != nil {
		w.logger.Warn("half a record stays in the trace file", "file", w.path, "offset", start, "error", err)
		return nil
	}
	w.logger.Warn("half a record was moved aside: a writer died", "file", w.path, "to", w.path+rotation.Torn, "bytes", w.size-start)
	w.size, w.torn = start, false
	return nil
}

// checkTail notes whether the file ends within a line: then the next batch starts with a
// newline.
func (w *writer) checkTail() error {
	one := make([]byte, 1)
	if _, err := w.f.ReadAt(one, w.size-1); err != nil {
		return err
	}
	w.torn = one[0] != '\n'
	return nil
}

// tornStart finds where the last record begins: after the last newline, and in YAML at the
// last line that begins a document.
func (w *writer) tornStart() (int64, error) {
	mark := []byte("\n")
	if w.kind == kindYAML {
		mark = []byte("\n---\n")
	}
	const step = 64 << 10
	buf := make([]byte, step+len(mark))
	for end := w.size; end > 0; end -= step {
		from := max(end-step, 0)
		part := buf[:min(end+int64(len(mark))-1, w.size)-from]
		if _, err := w.f.ReadAt(part, from); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if i := bytes.LastIndex(part, mark); i >= 0 {
			return from + int64(i) + 1, nil
		}
	}
	return 0, nil
}

// complete says whether the last line lacks nothing but its newline, as when a person
// has edited the file.
func (w *writer) complete(start int64) bool {
	const most = 1 << 20
	if w.kind == kindYAML || w.kind == kindText || w.size-start > most {
		return false
	}
	line := make([]byte, w.size-start)
	_, err := w.f.ReadAt(line, start)
	return (err == nil || errors.Is(err, io.EOF)) && json.Valid(line)
}

// Bounds of what is kept of half records: the torn file begins anew when it would be longer
// than a log may be, and goes with the rotated files, or after a month.
const (
	longestTorn = 16 << 20
	oldestTorn  = 30 * 24 * time.Hour
)

// moveTorn appends what is behind start to the torn file, and cuts it off once it is safe
// there. A crash between the two copies it twice.
func (w *writer) moveTorn(start int64) error {
	path, most := w.path+rotation.Torn, min(w.maxSize, longestTorn)
	flag := os.O_WRONLY | os.O_APPEND
	if info, err := w.fs.Stat(path); err == nil && info.Size()+w.size-start > most {
		flag |= os.O_TRUNC
	}
	to, _, err := openOrMake(w.fs, path, flag, w.mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, io.NewSectionReader(w.f, start, min(w.size-start, most)))
	if err == nil {
		_, err = to.Write([]byte{'\n'})
	}
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	return w.f.Truncate(start)
}

// dropTorn removes the torn file when it is too old.
func (j *janitor) dropTorn() error {
	path, most := j.path+rotation.Torn, j.maxAge
	if most == 0 {
		most = oldestTorn
	}
	info, err := j.fs.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && j.age.time().Sub(info.ModTime()) <= most {
		return nil
	}
	if err != nil {
		return err
	}
	return j.remove(path)
}
