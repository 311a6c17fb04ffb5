package config_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/config"
)

// event is one call of onChange.
type event struct {
	cfg config.Config
	err error
}

// watched is a file under Watch. Its methods wait, for long, and never sleep.
type watched struct {
	t      *testing.T
	path   string
	events chan event
	checks chan string
	stop   func()
}

func watch(t *testing.T, path string, opts ...config.Option) *watched {
	t.Helper()
	w := &watched{t: t, path: path, events: make(chan event, 1000), checks: make(chan string, 10000)}
	opts = append([]config.Option{
		bare(),
		config.WithSettle(5 * time.Millisecond),
		config.WithPoll(0),
		config.WithChecked(func(content string) { w.checks <- content }),
	}, opts...)
	stop, err := config.Watch(t.Context(), path, func(cfg config.Config, err error) {
		w.events <- event{cfg, err}
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	w.stop = stop
	t.Cleanup(stop)
	return w
}

// slowly gives a test that shows an unfinished file on purpose 15 seconds to finish it.
func slowly() config.Option { return config.WithSettle(300 * time.Millisecond) }

const patience = 30 * time.Second

// next returns the next event.
func (w *watched) next() event {
	w.t.Helper()
	select {
	case e := <-w.events:
		return e
	case <-time.After(patience):
		w.t.Fatal("no event")
		return event{}
	}
}

// buffer waits for a configuration with this buffer, and fails on anything else.
func (w *watched) buffer(want int) {
	w.t.Helper()
	e := w.next()
	if e.err != nil {
		w.t.Fatalf("event with error %v, want buffer %d", e.err, want)
	}
	if got := e.cfg.Connections[0].Buffer; got != want {
		w.t.Fatalf("event with buffer %d, want %d", got, want)
	}
}

// seen waits until Watch has looked at this content.
func (w *watched) seen(content string) {
	w.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case got := <-w.checks:
			if got == content {
				return
			}
		case <-timeout:
			w.t.Fatalf("%q was never looked at", content)
		}
	}
}

// quiet checks that nothing was reported so far.
func (w *watched) quiet() {
	w.t.Helper()
	select {
	case e := <-w.events:
		w.t.Fatalf("unexpected event: %v %v", e.cfg, e.err)
	default:
	}
}

// write replaces the file as a whole, so that a slow machine doesn't show half of it.
func write(t *testing.T, path, content string) {
	t.Helper()
	writeInPlace(t, path+".tmp", content)
	must(t, os.Rename(path+".tmp", path))
}

func writeInPlace(t *testing.T, path, content string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(content), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func buffer(n int) string { return fmt.Sprintf("[trace]\nbuffer = %d\n", n) }

func fileWith(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.toml")
	write(t, path, content)
	return path
}

func TestWatch_writtenInPlace(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)), slowly())
	for n := 2; n < 5; n++ {
		writeInPlace(t, w.path, buffer(n))
		w.buffer(n)
	}
}

func TestWatch_renamedOver(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)), slowly())
	for n := 2; n < 5; n++ {
		// As vim does: the old file becomes a backup, the new one takes its place.
		must(t, os.Rename(w.path, w.path+"~"))
		write(t, w.path+".new", buffer(n))
		must(t, os.Rename(w.path+".new", w.path))
		w.buffer(n)
	}
}

// Kubernetes: trace.toml -> ..data/trace.toml, ..data -> ..1; then ..data is swapped.
func TestWatch_swappedLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	volume := func(n int) {
		name := fmt.Sprintf("..%d", n)
		must(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		write(t, filepath.Join(dir, name, "trace.toml"), buffer(n))
		must(t, os.Symlink(name, filepath.Join(dir, "..data_tmp")))
		must(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	}
	volume(1)
	must(t, os.Symlink(filepath.Join("..data", "trace.toml"), filepath.Join(dir, "trace.toml")))
	w := watch(t, filepath.Join(dir, "trace.toml"))
	for n := 2; n < 5; n++ {
		volume(n)
		w.buffer(n)
		must(t, os.RemoveAll(filepath.Join(dir, fmt.Sprintf("..%d", n-1))))
	}
}

// A deployment that swaps a directory above the one of the file, by an absolute link.
func TestWatch_swappedDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	release := func(n int) {
		target := filepath.Join(dir, fmt.Sprintf("release%d", n))
		must(t, os.MkdirAll(filepath.Join(target, "etc"), 0o700))
		write(t, filepath.Join(target, "etc", "trace.toml"), buffer(n))
		must(t, os.Symlink(target, filepath.Join(dir, "next")))
		must(t, os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "current")))
	}
	release(1)
	w := watch(t, filepath.Join(dir, "current", "etc", "trace.toml"))
	release(2)
	w.buffer(2)
	// The new target is watched too.
	write(t, filepath.Join(dir, "release2", "etc", "trace.toml"), buffer(20))
	w.buffer(20)
}

func TestWatch_directoryComesAndGoes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "etc")
	must(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "trace.toml")
	write(t, path, buffer(1))
	w := watch(t, path)
	must(t, os.RemoveAll(dir))
	if e := w.next(); !errors.Is(e.err, fs.ErrNotExist) {
		t.Fatalf("error %v, want one that is fs.ErrNotExist", e.err)
	}
	must(t, os.Mkdir(dir, 0o700))
	write(t, path, buffer(2))
	w.buffer(2)
}

func TestWatch_unchanged(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)))
	reformatted := "# a comment\ntrace = { buffer = 1 }\n"
	write(t, w.path, reformatted)
	w.seen(reformatted)
	w.quiet()
	write(t, w.path, buffer(2))
	w.buffer(2)
}

func TestWatch_burst(t *testing.T) {
	t.Parallel()
	const (
		last   = 200
		settle = 50 * time.Millisecond
	)
	start := time.Now()
	w := watch(t, fileWith(t, buffer(1)), config.WithSettle(settle))
	for n := 2; n <= last; n++ {
		writeInPlace(t, w.path, buffer(n))
	}
	events := 0
	for {
		// An error is an event, too: a busy machine may stop for long in the middle of a write.
		e := w.next()
		if events++; e.err == nil && e.cfg.Connections[0].Buffer == last {
			break
		}
	}
	if took := time.Since(start); events > 1+int(took/settle) {
		t.Errorf("%d events for a burst of %d writes in %s, want at most one in %s", events, last, took, settle)
	}
}

// A change that never settles is read all the same.
func TestWatch_neverSettles(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)), config.WithSettle(100*time.Millisecond))
	finished := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(finished)
		for n := 2; ctx.Err() == nil; n = n%1000 + 2 {
			// By renaming, so that no half file is seen.
			if os.WriteFile(w.path+".new", []byte(buffer(n)), 0o600) == nil {
				_ = os.Rename(w.path+".new", w.path)
			}
		}
	}()
	w.next()
	cancel()
	<-finished
}

// A file that was renamed over another one counts when it is seen, even where the system gave it the
// number of the one that counted before.
func TestWatch_numbersReturn(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]config.Option{
		"notified": nil,
		"polled":   {config.WithPoll(5 * time.Millisecond)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, fileWith(t, buffer(1)), opts...)
			for n := 2; n < 100; n += 2 {
				write(t, w.path, buffer(n))
				write(t, w.path, buffer(n+1))
				w.seen(buffer(n + 1))
				last := 0
				for len(w.events) > 0 {
					last = w.next().cfg.Connections[0].Buffer
				}
				if last != n+1 {
					t.Fatalf("buffer %d counts after the file was seen with %d", last, n+1)
				}
			}
		})
	}
}

// What is wrong is reported once for each content, and its end too.
func TestWatch_faults(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)))
	broken := "[trace]\nbuffer = 0\n"
	write(t, w.path, broken)
	if e := w.next(); e.err == nil || !strings.Contains(e.err.Error(), "trace.buffer") {
		t.Fatalf("event with error %v, want one about trace.buffer", e.err)
	}
	write(t, w.path, broken) // the same again
	w.seen(broken)
	must(t, os.Remove(w.path))
	if e := w.next(); !errors.Is(e.err, fs.ErrNotExist) {
		t.Fatalf("error %v, want one that is fs.ErrNotExist", e.err)
	}
	write(t, w.path, "  \n")
	if e := w.next(); e.err == nil || !strings.Contains(e.err.Error(), "is empty") {
		t.Fatalf("error %v, want that the file is empty", e.err)
	}
	write(t, w.path, buffer(1)) // as it was at the start
	w.buffer(1)
	w.quiet()
}

// Looking again at what is still wrong is no news.
func TestWatch_faultOnce(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)), config.WithPoll(5*time.Millisecond))
	broken := "[trace]\nbuffer = 0\n"
	write(t, w.path, broken)
	if e := w.next(); e.err == nil {
		t.Fatalf("event %v, want an error", e.cfg)
	}
	for range 10 {
		w.seen(broken)
	}
	w.quiet()
}

// A file that is written slowly is not taken for a broken one.
func TestWatch_halfWritten(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)), slowly())
	half := "[trace]\nbuffer = 2\nsample = "
	file, err := os.OpenFile(w.path, os.O_WRONLY|os.O_TRUNC, 0o600)
	must(t, err)
	_, err = file.WriteString(half)
	must(t, err)
	w.seen(half)
	_, err = file.WriteString("0.5\n")
	must(t, err)
	must(t, file.Close())
	w.buffer(2)
}

// Each rewriting of a file starts the patience with it anew.
func TestWatch_rewrittenFault(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)), slowly())
	write(t, w.path, "[trace")
	w.seen("[trace")
	write(t, w.path, "[trace")
	w.seen("[trace")
	w.quiet()
	write(t, w.path, buffer(2))
	w.buffer(2)
}

func TestWatch_withCurrent(t *testing.T) {
	t.Parallel()
	path := fileWith(t, buffer(1))
	cfg, err := config.Load(path, bare())
	must(t, err)
	write(t, path, buffer(2)) // between Load and Watch
	w := watch(t, path, config.WithCurrent(cfg))
	w.buffer(2)
}

func TestWatch_brokenAtStart(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, "[trace"))
	write(t, w.path, "[trace") // not news to whoever has loaded it
	w.seen("[trace")
	w.quiet()
	write(t, w.path, buffer(1))
	w.buffer(1)
}

// A file system that reports nothing is read from time to time.
func TestWatch_poll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "trace.toml")
	write(t, path, buffer(1))
	// What stands behind a hard link changes without an event in the watched directory.
	other := filepath.Join(t.TempDir(), "hard")
	must(t, os.Link(path, other))
	w := watch(t, path, config.WithPoll(5*time.Millisecond), slowly())
	writeInPlace(t, other, buffer(2))
	w.buffer(2)
}

func TestWatch_otherFilesAreIgnored(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)))
	for n := range 100 {
		write(t, filepath.Join(filepath.Dir(w.path), fmt.Sprintf("trace%d.log", n)), "x")
	}
	write(t, w.path, buffer(2))
	w.buffer(2)
	for len(w.checks) > 0 {
		if content := <-w.checks; content != buffer(2) && content != "" {
			t.Errorf("looked at %q, which was not news", content)
		}
	}
}

func TestWatch_noDirectory(t *testing.T) {
	t.Parallel()
	loop := filepath.Join(t.TempDir(), "loop")
	must(t, os.Symlink("loop", loop))
	if _, err := config.Load(filepath.Join(loop, "trace.toml"), bare()); err == nil {
		t.Error("Load through a link to itself succeeded")
	}
	w := watch(t, filepath.Join(loop, "trace.toml")) // must not hang
	must(t, os.Remove(loop))
	must(t, os.Mkdir(loop, 0o700))
	write(t, filepath.Join(loop, "trace.toml"), buffer(3))
	for {
		if e := w.next(); e.err == nil {
			return
		}
	}
}

func TestWatch_stop(t *testing.T) {
	t.Parallel()
	w := watch(t, fileWith(t, buffer(1)))
	w.stop()
	w.stop() // again
	write(t, w.path, buffer(2))
	w.quiet()

	ctx, cancel := context.WithCancel(t.Context())
	called := make(chan struct{})
	stop, err := config.Watch(ctx, w.path, func(config.Config, error) { cancel(); close(called) },
		bare(), config.WithSettle(time.Millisecond))
	must(t, err)
	write(t, w.path, buffer(3))
	<-called
	stop()
}

// A slow writer's first half may be valid; it isn't taken into force.
func TestWatch_slowWriter(t *testing.T) {
	t.Parallel()
	const first = "[trace]\nbuffer = 1\n[trace.b]\nbuffer = 1\n"
	path := fileWith(t, first)
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, path, config.WithSettle(20*time.Millisecond), config.WithoutNotify(), config.WithPoll(10*time.Millisecond))
		f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_TRUNC, 0)
		must(t, err)
		for _, part := range []string{"[trace]\n", "buffer = 2\n", "[trace.b]\n", "buffer = 2\n"} {
			_, err := f.WriteString(part)
			must(t, err)
			time.Sleep(60 * time.Millisecond) // longer than it takes to settle
		}
		must(t, f.Close())
		e := w.next()
		if e.err != nil || len(e.cfg.Connections) != 2 || e.cfg.Connections[1].Buffer != 2 {
			t.Errorf("a half of the file was taken: %v %v", e.cfg, e.err)
		}
		w.quiet()
		w.stop()
	})
}

// Where the system has no watches left, the file is read from time to time.
func TestWatch_withoutNotifications(t *testing.T) {
	t.Parallel()
	path := fileWith(t, buffer(1))
	w := watch(t, path, config.WithoutNotify(), config.WithPoll(10*time.Millisecond))
	write(t, path, buffer(2))
	w.buffer(2)
}
