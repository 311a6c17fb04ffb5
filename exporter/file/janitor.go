package file

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tracehook/tracehook/exporter/file/internal/rotation"
)

// janitor compresses and removes rotated files, one at a time, on a goroutine of its own.
// It touches nothing but files with the exact name of a rotation of its family.
type janitor struct {
	settings
	family rotation.Family
	age    ageClock
	clean  lock          // between processes that share the file
	kick   chan struct{} // there is something to do
	quit   chan struct{} // finish what there is to do
	abort  context.CancelFunc
	done   sync.WaitGroup
}

// hour is how often files are looked at that got too old without a rotation.
const hour = time.Hour

func newJanitor(s settings) *janitor {
	j := &janitor{settings: s, family: rotation.NewFamily(s.path), kick: make(chan struct{}, 1), quit: make(chan struct{})}
	j.age = newAgeClock(&j.settings, j.family)
	j.clean = lock{fs: s.fs, path: s.path + ".clean" + rotation.Lock, mode: lockMode(s.mode)}
	return j
}

// needed says whether there will ever be something to do.
func (j *janitor) needed() bool { return j.compress || j.maxAge > 0 || j.maxFiles > 0 }

func (j *janitor) start(ctx context.Context) {
	if !j.needed() {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	j.abort = cancel
	j.done.Go(func() { j.run(ctx) })
	j.rotated()
}

// rotated asks for a run. It never blocks.
func (j *janitor) rotated() {
	select {
	case j.kick <- struct{}{}:
	default: // a look is due already
	}
}

func (j *janitor) run(ctx context.Context) {
	tick := time.NewTicker(hour)
	defer tick.Stop()
	for {
		select {
		case <-j.quit:
			select {
			case <-j.kick:
				j.look(ctx)
			default:
			}
			return
		case <-j.kick:
		case <-tick.C:
		}
		j.look(ctx)
	}
}

// shutdown waits until all is done. When ctx is over first, what isn't done is left for the
// next start.
func (j *janitor) shutdown(ctx context.Context) {
	if j.abort == nil {
		return
	}
	close(j.quit)
	stop := context.AfterFunc(ctx, j.abort)
	j.done.Wait()
	stop()
	j.abort()
}

// look tidies up and logs what it couldn't do.
func (j *janitor) look(ctx context.Context) {
	err := j.tidy(ctx)
	if err != nil && ctx.Err() == nil {
		j.logger.Warn("rotated trace files couldn't be compressed or removed; the next rotation tries it again", "file", j.path, "error", err)
	}
}

// check returns why the file at path can't be one of ours.
func (j *janitor) check(path string) error {
	info, err := j.fs.Stat(path)
	if err != nil {
		return err
	}
	return j.ours(path, info)
}

// remove removes a file of ours, and nothing else.
func (j *janitor) remove(path string) error {
	err := j.check(path)
	if err == nil {
		err = j.fs.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (j *janitor) tidy(ctx context.Context) error {
	if j.shared {
		if err := j.clean.take(true); errors.Is(err, errLocked) {
			return nil // another process is at it
		} else if err != nil {
			return err
		}
		defer j.clean.drop()
	}
	files, err := j.list()
	if err != nil {
		return err
	}
	files, err = j.retain(files)
	err = errors.Join(err, j.dropTorn())
	if !j.compress {
		return err
	}
	problems := []error{err}
	for _, r := range files {
		if r.plain == "" {
			continue
		}
		if err := j.gzip(ctx, r); err != nil {
			problems = append(problems, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(problems...)
}

// rotatedFile is plain, compressed, or for a moment both.
type rotatedFile struct {
	rotation.Stamp
	plain, gz string // paths; "" if there is none
}

// list finds the rotated files, oldest first. Empty ones are names that a rotation has
// only reserved. One that has a lock file beside it is the log of another connection, whose
// name happens to be that of a rotated file. Compressed halves without a final name are removed.
func (j *janitor) list() ([]*rotatedFile, error) {
	entries, err := j.fs.ReadDir(j.family.Dir)
	if err != nil {
		return nil, err
	}
	locked := rotation.Locked(entries)
	found := make(map[rotation.Stamp]*rotatedFile)
	for _, e := range entries {
		path := filepath.Join(j.family.Dir, e.Name())
		if j.family.Unfinished(e.Name()) {
			_ = j.remove(path)
			continue
		}
		s, gz, ok := j.family.Parse(e.Name())
		if !ok || !e.Type().IsRegular() || locked[strings.TrimSuffix(e.Name(), rotation.Gzip)] {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			continue
		}
		r := found[s]
		if r == nil {
			r = &rotatedFile{Stamp: s}
			found[s] = r
		}
		if gz {
			r.gz = path
		} else {
			r.plain = path
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *rotatedFile) int { return a.Compare(b.Stamp) }), nil
}
