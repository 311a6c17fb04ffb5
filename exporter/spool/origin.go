package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tracehook/tracehook/internal/safefile"
)

const (
	// originName is a file that says where the batches beside it go.
	originName = "origin"
	// otherDir has a directory for each origin that batches were spooled for and mustn't leave.
	otherDir = "other"
	// maxOrigin bounds what is read of that file.
	maxOrigin = 1 << 10
)

// settleOrigin compares where batches go with where they went. What was spooled for another origin
// that isn't adopted is set aside, and what was set aside and may go to ours comes back.
func (s *Spool) settleOrigin() error {
	if s.options.Origin == "" {
		return nil
	}
	was, err := readOrigin(s.dir)
	if err != nil {
		return err
	}
	if was != "" && was != s.options.Origin && !slices.Contains(s.options.Adopt, was) {
		aside := s.otherPath(was)
		n, err := s.moveAll(s.dir, aside)
		if err != nil {
			return err
		}
		if n > 0 {
			s.options.Logger.Warn("what was spooled for another address isn't sent to this one; add it to adopt to send it",
				"was", was, "now", s.options.Origin, "files", n, "dir", aside)
		}
	}
	for _, origin := range append([]string{s.options.Origin}, s.options.Adopt...) {
		if n, err := s.moveAll(s.otherPath(origin), s.dir); err != nil {
			return err
		} else if n > 0 {
			s.options.Logger.Info("what was set aside is sent now", "origin", origin, "files", n)
		}
	}
	if was == s.options.Origin {
		return nil
	}
	return writeOrigin(s.dir, s.options.Origin)
}

func (s *Spool) otherPath(origin string) string {
	return filepath.Join(s.dir, otherDir, fileName(origin))
}

// moveAll moves the batches in one directory to another, which is made if need be.
func (s *Spool) moveAll(from, to string) (moved int, err error) {
	names, err := readNames(from)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if _, ok := s.options.parse(name); !ok {
			continue
		}
		if moved == 0 {
			if err := os.MkdirAll(to, 0o700); err != nil {
				return 0, err
			}
		}
		if _, err := os.Lstat(filepath.Join(to, name)); err == nil {
			continue // it is there already, or its number is
		}
		if err := os.Rename(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return moved, err
		}
		moved++
	}
	if moved > 0 {
		err = errors.Join(syncDir(to), syncDir(from))
	}
	return moved, err
}

func readOrigin(dir string) (string, error) {
	f, err := safefile.Open(filepath.Join(dir, originName), os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	text := make([]byte, maxOrigin)
	n, _ := f.Read(text) // nothing is no origin
	return strings.TrimSpace(string(text[:n])), nil
}

func writeOrigin(dir, origin string) error {
	temp := filepath.Join(dir, tempPrefix+originName)
	if err := ignoreMissing(os.Remove(temp)); err != nil {
		return err
	}
	f, err := safefile.Open(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(origin + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(temp, filepath.Join(dir, originName))
}

// adopt takes over the batches of the spools that [Options.Adopt] names.
func (s *Spool) adopt(ctx context.Context) error {
	for _, name := range s.options.Adopt {
		if strings.Contains(name, "://") {
			continue
		}
		dir := filepath.Join(filepath.Dir(s.dir), fileName(name))
		if dir == s.dir {
			return fmt.Errorf("adopt: %q is this spool", name)
		}
		if err := checkDirectory(dir, true); err != nil {
			return fmt.Errorf("adopt %q: %w", name, err)
		}
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		l, err := lock(ctx.Done(), dir)
		if err != nil {
			return fmt.Errorf("adopt %q: %w", name, err)
		}
		n, err := s.moveAll(dir, s.dir)
		if err = errors.Join(err, l.Close()); err != nil {
			return fmt.Errorf("adopt %q: %w", name, err)
		}
		if n > 0 {
			s.options.Logger.Info("the batches of another spool were adopted", "spool", name, "files", n)
		}
	}
	return nil
}

// settleTime is how long the connections of a process have to take their spools.
const settleTime = 10 * time.Second

// lookForOrphans finds spools of connections that aren't there any more, and what was set aside:
// they are logged once, and what is too old in them is removed.
func (s *Spool) lookForOrphans(ctx context.Context) {
	told := make(map[string]bool)
	for wait := settleTime; ; wait = time.Hour {
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		case <-s.draining:
			t.Stop()
			return
		}
		s.ageOrphans(filepath.Dir(s.dir), told)
		s.ageOrphans(filepath.Join(s.dir, otherDir), told)
	}
}

func (s *Spool) ageOrphans(parent string, told map[string]bool) {
	names, err := readNames(parent)
	if err != nil {
		return
	}
	for _, name := range names {
		dir := filepath.Join(parent, name)
		if dir == s.dir || checkDirectory(dir, true) != nil {
			continue
		}
		files, spans, expired := s.ageOrphan(dir)
		if expired > 0 {
			s.options.Logger.Warn("spans of a spool that no connection uses were too old", "dir", dir, "spans", expired)
		}
		if files > 0 && !told[dir] {
			told[dir] = true
			s.options.Logger.Warn("a spool that no connection uses holds spans; name it in adopt to send them",
				"dir", dir, "spans", spans, "files", files, "max_age", s.options.MaxAge)
		}
	}
}

// ageOrphan removes what is too old in a directory that nobody has locked, and counts the rest.
func (s *Spool) ageOrphan(dir string) (files, spans, expired int) {
	atOnce := make(chan struct{})
	close(atOnce)
	if _, err := os.Lstat(filepath.Join(dir, lockName)); err == nil {
		l, err := lock(atOnce, dir)
		if err != nil {
			return 0, 0, 0
		}
		defer func() { _ = l.Close() }()
	} else if filepath.Base(filepath.Dir(dir)) != otherDir {
		return 0, 0, 0 // no spool
	}
	names, err := readNames(dir)
	if err != nil {
		return 0, 0, 0
	}
	for _, name := range names {
		e, ok := parseAny(name)
		if !ok {
			continue
		}
		if e.age(time.Now()) > s.options.MaxAge && os.Remove(filepath.Join(dir, name)) == nil {
			expired += e.spans
			continue
		}
		files++
		spans += e.spans
	}
	return files, spans, expired
}

// parseAny reads a file name of any kind.
func parseAny(name string) (entry, bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return entry{}, false
	}
	return parseName(name, name[dot+1:])
}
