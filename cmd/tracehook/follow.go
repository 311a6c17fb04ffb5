package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter/file/readback"
)

const (
	// followEvery is how often a file is looked at.
	followEvery = 30 * time.Millisecond
	// longestRecord is the longest record that is waited for.
	longestRecord = readback.DefaultMaxRecord
	// gzipped is what compression adds to the name of a file.
	gzipped = ".gz"
)

// follower reads a file that grows, and those that take its place.
type follower struct {
	*reading
	path    string
	options []readback.Option
	file    *os.File
	mark    readback.Mark // what was rotated away up to here is read, or older than all of this
	half    []byte        // of a record whose end has not been written
	found   func(rec *readback.Record) bool
	yaml    bool
	skip    bool // the rest of a record that is too long
}

// follow calls found for each span that is written to a file or directory, until ctx is done or found
// returns false.
func (r *reading) follow(ctx context.Context, s source, fromStart bool, found func(rec *readback.Record) bool) error {
	var step func() (bool, error)
	switch info, err := os.Stat(s.where); {
	case isDirectory(info, err):
		d := &directory{reading: r, source: s, found: found, logs: make(map[string]*follower), batches: make(map[string]bool)}
		defer d.close()
		if err := d.look(ctx, fromStart); err != nil {
			return err
		}
		step = func() (bool, error) { return d.step(ctx) }
	case err == nil && !info.Mode().IsRegular():
		return usage("%s is neither a file nor a directory", s.where)
	default:
		f := r.follower(s, found)
		defer f.close()
		if !fromStart {
			if err := f.skipAll(); err != nil {
				return err
			}
		}
		step = f.step
	}
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		if goOn, err := step(); err != nil || !goOn {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (r *reading) follower(s source, found func(rec *readback.Record) bool) *follower {
	return &follower{reading: r, path: s.where, options: r.options(s), found: found}
}

// skipAll goes to the end of what is there.
func (f *follower) skipAll() error {
	if _, err := f.open(); err != nil || f.file == nil {
		return err
	}
	return f.toEnd()
}

func (f *follower) close() {
	if f.file != nil {
		_ = f.file.Close()
		f.file = nil
	}
}

// open opens the file that is written now, if there is one, and returns those that were rotated away
// before it was written and weren't returned yet. The two belong together: a file that is rotated away
// after it was opened would otherwise be taken for one that had been read, with those before it.
func (f *follower) open() (before []string, err error) {
	for {
		mark := f.mark
		file, err := os.Open(f.path)
		if errors.Is(err, fs.ErrNotExist) {
			return f.rotated() // it is between two files, or has not begun
		}
		if err != nil {
			return nil, err
		}
		f.file, f.half, f.skip = file, f.half[:0], false
		if before, err = f.rotated(); err != nil || f.named() {
			return before, err
		}
		f.close()
		f.mark = mark
	}
}

// named says whether the open file is the one with the name.
func (f *follower) named() bool {
	mine, err := f.file.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(f.path)
	return err == nil && os.SameFile(mine, now)
}

// rotated returns what was rotated away since it was last asked.
func (f *follower) rotated() (paths []string, err error) {
	paths, f.mark, err = readback.Rotated(f.path, f.mark)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the directory
	}
	return paths, err
}

// toEnd goes to the end of the file, or to the start of a record that isn't complete there.
func (f *follower) toEnd() error {
	size, err := f.file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return err
	}
	from := max(0, size-longestRecord)
	tail := make([]byte, size-from)
	if _, err := f.file.ReadAt(tail, from); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	f.yaml = bytes.HasPrefix(tail, []byte("---")) || bytes.Contains(tail, []byte("\n---\n"))
	f.half = append(f.half, tail[bytes.LastIndexByte(tail, '\n')+1:]...)
	return nil
}

// step reads what has been written since it was last called.
func (f *follower) step() (goOn bool, err error) {
	for {
		// Whether it was replaced is asked first: what was written before is read then.
		replaced := f.file != nil && f.replaced()
		if f.file != nil {
			if goOn, err := f.more(); err != nil || !goOn || !replaced {
				return goOn, err
			}
			if goOn, err := f.rest(); err != nil || !goOn {
				return goOn, err
			}
		}
		if goOn, err := f.between(); err != nil || !goOn {
			return goOn, err
		}
		f.close()
		before, err := f.open()
		if err != nil {
			return true, err
		}
		if goOn, err := f.wholes(before); err != nil || !goOn || f.file == nil {
			return goOn, err
		}
	}
}

// replaced says whether path is another file than the one that is open, or was cut off.
func (f *follower) replaced() bool {
	mine, err := f.file.Stat()
	if err != nil {
		return true
	}
	now, err := os.Stat(f.path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	at, err := f.file.Seek(0, io.SeekCurrent)
	return !os.SameFile(mine, now) || err == nil && now.Size() < at
}

// rest takes what has no end for a record: nobody writes to the file any more.
func (f *follower) rest() (bool, error) {
	if len(bytes.TrimSpace(f.half)) == 0 {
		return true, nil
	}
	half := f.half
	f.half = nil
	return f.records(half)
}

// between reads the files that were rotated away after the one that is open.
func (f *follower) between() (bool, error) {
	paths, err := f.rotated()
	if err != nil {
		return false, err
	}
	if len(paths) > 0 && f.own(paths[0]) {
		paths = paths[1:]
	}
	return f.wholes(paths)
}

// wholes reads files that were rotated away.
func (f *follower) wholes(paths []string) (bool, error) {
	for _, path := range paths {
		if goOn, err := f.whole(path); err != nil || !goOn {
			return goOn, err
		}
	}
	return true, nil
}

// whole reads a file that was rotated away. It may have been compressed since it was listed, or
// removed because it was old.
func (f *follower) whole(path string) (bool, error) {
	for rec, err := range readback.Read(path, f.options...) {
		if errors.Is(err, fs.ErrNotExist) {
			if strings.HasSuffix(path, gzipped) {
				return true, nil
			}
			return f.whole(path + gzipped)
		}
		if goOn, err := f.one(&rec, err, f.found); err != nil || !goOn {
			return goOn, err
		}
	}
	return true, nil
}

// own says whether path, the first file that was rotated away since the open one was opened, is that
// one. It may have been compressed meanwhile.
func (f *follower) own(path string) bool {
	if f.file == nil {
		return false
	}
	mine, err := f.file.Stat()
	if err != nil {
		return false
	}
	info, err := os.Stat(path)
	if err == nil && os.SameFile(mine, info) {
		return true
	}
	return !f.named() && (err != nil || strings.HasSuffix(path, gzipped))
}
