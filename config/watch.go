package config

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watch calls onChange whenever the configuration at path has become another one: with the
// new one, or, once for each content, with what is wrong with it. A file that was rewritten
// without meaning anything else is no change, but one that is right again after an error is,
// even if it is the same as before the error.
//
// Watch sees files that are written in place, renamed over, or reached through symbolic links
// that are swapped, as Kubernetes does. It reads when nothing has happened for a moment (see
// [WithSettle]), and reports what is wrong only if it still is five such moments later, so
// that a file that is half written is rarely taken for a broken one. An empty file is taken
// for a broken one. Half a file can be a valid configuration: a file that is written in place,
// not renamed over, counts when it hasn't changed for ten such moments, or fifty if it is the
// beginning of what it was before, or ends within a line. A program that replaces the file should
// rename a finished one over it all the same. Watch keeps the file that counts open, except on Windows,
// so that no other one gets its inode number.
//
// Where the system has no watches left, as with fs.inotify.max_user_instances on Linux, Watch
// reads the file every second, or as often as [WithPoll] says if that is more often.
//
// onChange is called by one goroutine, one call after the other; while it runs, changes are
// collected. The goroutine ends when ctx is done or stop is called. Stop waits for that, and
// for an onChange that is running, so onChange must not call it: it can cancel ctx instead.
// Stop may be called again. An error says that the directory can't be watched; nothing runs
// then.
func Watch(ctx context.Context, path string, onChange func(Config, error), opts ...Option) (stop func(), err error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("watch config file %q: %w", path, err)
	}
	w := &watcher{options: newOptions(opts), path: path, full: full, onChange: onChange}
	if w.newNotify == nil {
		w.newNotify = fsnotify.NewWatcher
	}
	if w.notify, err = w.newNotify(); err != nil {
		w.pollAlone()
	}
	if err := w.start(); err != nil {
		w.close()
		return nil, fmt.Errorf("watch config file %q: %w", path, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		w.run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

// watcher belongs to one goroutine.
type watcher struct {
	options
	path, full string
	onChange   func(Config, error)
	notify     *fsnotify.Watcher // nil if the system has no watches left
	route      route
	inPlace    inPlace

	timer    *time.Timer
	deadline time.Time // when the timer fires at the latest; zero if it is not armed

	hash     string // of the configuration in use
	reported string // the fault that was reported last and still stands
	suspect  string // a fault that was seen, but may be half a file
}

// pollAlone makes Watch do without notifications.
func (w *watcher) pollAlone() {
	w.close()
	w.notify = nil
	if w.poll == 0 || w.poll > time.Second {
		w.poll = time.Second
	}
}

func (w *watcher) close() {
	w.inPlace.close()
	if w.notify != nil {
		_ = w.notify.Close()
	}
}

// exhausted reports that the system has no watches or no descriptors left.
func exhausted(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

func (w *watcher) start() error {
	if err := w.rewatch(); exhausted(err) {
		w.pollAlone()
	} else if err != nil {
		return err
	}
	w.timer = time.NewTimer(time.Hour)
	w.timer.Stop()
	if w.current != nil {
		w.hash = w.current.Hash()
		w.arm(w.settle)
		return nil
	}
	cfg, file, data, err := w.read()
	if err == nil {
		w.hash = cfg.Hash()
		_ = w.inPlace.unsettled(file, data, w.settle)
	} else {
		w.reported = faultID(data, err) // whoever has loaded it knows, and it may become right
	}
	return nil
}

func (w *watcher) run(ctx context.Context) {
	defer w.close()
	defer w.timer.Stop()
	var events chan fsnotify.Event
	var faults chan error
	if w.notify != nil {
		events, faults = w.notify.Events, w.notify.Errors
	}
	var poll <-chan time.Time
	if w.poll > 0 {
		ticker := time.NewTicker(w.poll)
		defer ticker.Stop()
		poll = ticker.C
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case event := <-events:
			if w.route.names[filepath.Clean(event.Name)] {
				w.suspect = "" // what was seen is no longer what the file holds
				w.arm(w.settle)
			}
		case <-faults: //nolint:errcheck // events were lost: look, whatever the reason
			w.arm(w.settle)
		case <-w.timer.C:
			w.deadline = time.Time{}
			w.check(ctx)
		case <-poll:
			if w.deadline.IsZero() {
				w.check(ctx)
			}
		}
	}
}

// arm makes the next check happen after a while without another call, but not for ever.
func (w *watcher) arm(after time.Duration) {
	now := time.Now()
	if w.deadline.IsZero() {
		w.deadline = now.Add(10 * after)
	}
	w.timer.Reset(min(after, max(0, w.deadline.Sub(now))))
}

// rewatch watches the directories that lead to the file now. The route may change while that
// happens; it is right when it is the same afterwards.
func (w *watcher) rewatch() error {
	if w.notify == nil {
		return nil
	}
	const attempts = 10
	for range attempts {
		w.route = follow(w.full)
		var errs []error
		for dir := range w.route.dirs {
			if err := w.notify.Add(dir); err != nil {
				errs = append(errs, err)
			}
		}
		for _, dir := range w.notify.WatchList() {
			if !w.route.dirs[dir] {
				_ = w.notify.Remove(dir)
			}
		}
		if again := follow(w.full); !same(again, w.route) {
			continue
		}
		return errors.Join(errs...)
	}
	return nil
}

func same(a, b route) bool {
	if len(a.dirs) != len(b.dirs) || len(a.names) != len(b.names) {
		return false
	}
	for name := range a.names {
		if !b.names[name] {
			return false
		}
	}
	return true
}

// read returns the configuration that the file holds, the file, which is open if there is no error,
// and its content.
func (w *watcher) read() (cfg Config, file *os.File, data []byte, err error) {
	if file, err = openFile(w.full); err != nil {
		return Config{}, nil, nil, err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			file = nil
		}
	}()
	if data, err = readOpen(file, w.full); err != nil {
		return Config{}, file, nil, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return Config{}, file, data, fmt.Errorf("config file %q is empty", w.path)
	}
	cfg, err = w.load(w.path, data)
	return cfg, file, data, err
}

// check reads the file and reports what has changed.
func (w *watcher) check(ctx context.Context) {
	_ = w.rewatch() // a directory that can't be watched can be polled
	cfg, file, data, err := w.read()
	if w.checked != nil {
		defer w.checked(string(data))
	}
	if err != nil {
		w.fault(ctx, data, err)
		return
	}
	if after := w.inPlace.unsettled(file, data, w.settle); after > 0 && cfg.Hash() != w.hash {
		w.arm(after)
		return
	}
	wasFaulty := w.reported != ""
	w.suspect, w.reported = "", ""
	if hash := cfg.Hash(); hash != w.hash || wasFaulty {
		w.hash = hash
		w.tell(ctx, cfg, nil)
	}
}

// fault reports err when it has been seen twice with the same content.
func (w *watcher) fault(ctx context.Context, data []byte, err error) {
	id := faultID(data, err)
	switch {
	case id == w.reported:
	case id != w.suspect:
		w.suspect = id
		w.arm(5 * w.settle)
	default:
		w.suspect, w.reported = "", id
		w.tell(ctx, Config{}, err)
	}
}

// tell calls onChange, but not after the end.
func (w *watcher) tell(ctx context.Context, cfg Config, err error) {
	if ctx.Err() == nil {
		w.onChange(cfg, err)
	}
}

func faultID(data []byte, err error) string {
	return fmt.Sprintf("%x %v", sha256.Sum256(data), err)
}
