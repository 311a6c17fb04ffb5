package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tracehook/tracehook/internal/safefile"
)

// tempPrefix marks files that are being written.
const tempPrefix = ".tmp-"

// load reads the names in the directory, and no file but those that a crash left half
// written.
func (s *Spool) load(now time.Time) error {
	if err := s.loadDead(); err != nil {
		return err
	}
	names, err := readNames(s.dir)
	if err != nil {
		return err
	}
	foreign := 0
	for _, name := range names {
		if temp, ok := strings.CutPrefix(name, tempPrefix); ok {
			if !s.recoverTemp(name, temp) {
				continue
			}
			name = temp
		}
		e, ok := s.options.parse(name)
		if !ok {
			if name != lockName && name != deadDir && name != originName && name != otherDir {
				foreign++
			}
			continue
		}
		s.index.entries = append(s.index.entries, e)
	}
	found := len(s.index.entries)
	slices.SortFunc(s.index.entries, func(a, b entry) int { return cmp.Compare(a.seq, b.seq) })
	s.index.entries = slices.CompactFunc(s.index.entries, func(a, b entry) bool { return a.seq == b.seq })
	foreign += found - len(s.index.entries)
	for i := range s.index.entries {
		s.index.used += s.index.entries[i].cost()
		s.index.spans += int64(s.index.entries[i].spans)
	}
	s.counts.inherited = s.index.spans
	// Numbers rise over restarts, also when the directory was empty in between.
	s.index.seq = uint64(max(now.UnixNano(), 0))
	if n := len(s.index.entries); n > 0 {
		s.index.seq = max(s.index.seq, s.index.entries[n-1].seq)
	}
	if foreign > 0 {
		s.options.Logger.Warn("the spool holds files that this release doesn't know, or that have the number of another; they are left alone", "dir", s.dir, "files", foreign)
	}
	return nil
}

// recoverTemp keeps a file that was complete when its writer died, and removes one that wasn't. One
// that can't be read now may be either.
func (s *Spool) recoverTemp(temp, name string) (kept bool) {
	err := errDamaged
	if e, ok := s.options.parse(name); ok {
		_, err = readEntry(s.path(temp), &e)
	}
	if err == nil {
		err = os.Rename(s.path(temp), s.path(name))
		kept = err == nil
	} else if errors.Is(err, errDamaged) {
		err = os.Remove(s.path(temp))
	}
	if err != nil {
		s.options.Logger.Warn("a file that a crash has left in the spool stays there until the next start", "error", err)
	}
	return kept
}

// readNames returns what is in dir; in pieces, so that a huge directory costs no more
// memory than its names.
func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // only read
	var names []string
	for {
		more, err := d.Readdirnames(1024)
		names = append(names, more...)
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

var errDamaged = errors.New("the file is damaged: its size or checksum is not what its name says")

// readEntry returns the body of e, checked, or errDamaged.
func readEntry(path string, e *entry) ([]byte, error) {
	f, err := safefile.Open(path, os.O_RDONLY, 0)
	if _, ok := errors.AsType[*safefile.Error](err); ok && !errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	if info, err := f.Stat(); err != nil || info.Size() != e.size {
		return nil, cmp.Or(err, errDamaged)
	}
	body, err := io.ReadAll(io.LimitReader(f, e.size+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) != e.size || checksum(body) != e.crc {
		return nil, errDamaged
	}
	return body, nil
}
