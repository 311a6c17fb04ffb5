package delivery

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

// lookEvery is how often files are looked at while requests are made.
const lookEvery = time.Second

// Renewing returns a Transport that open makes from what is in files, such as a token or
// certificates, and makes again when one of them has changed: no batch is lost to a rotation. One
// that can't be made keeps the old one in use, and is logged. Without files it is what open returns.
func Renewing(open func() (Transport, error), logger *slog.Logger, files ...string) (Transport, error) {
	files = slices.DeleteFunc(slices.Clone(files), func(name string) bool { return name == "" })
	r := &renewing{open: open, files: files, logger: logger, looked: time.Now()}
	r.stamps = r.look()
	t, err := open()
	if err != nil || len(files) == 0 {
		return t, err
	}
	r.current = &inUse{Transport: t}
	return r, nil
}

type renewing struct {
	open   func() (Transport, error)
	files  []string
	logger *slog.Logger

	mu      sync.Mutex
	current *inUse
	stamps  []os.FileInfo // of the files that current is made from; nil for one that wasn't there
	looked  time.Time
	problem string // the last one that was logged
}

// inUse is a Transport with the number of calls that use it.
type inUse struct {
	Transport

	calls int
}

func (r *renewing) look() []os.FileInfo {
	stamps := make([]os.FileInfo, len(r.files))
	for i, name := range r.files {
		stamps[i], _ = os.Stat(name) // nil is a stamp, too
	}
	return stamps
}

func sameStamps(a, b []os.FileInfo) bool {
	return slices.EqualFunc(a, b, func(a, b os.FileInfo) bool {
		if a == nil || b == nil {
			return a == b
		}
		return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
	})
}

// take returns what is made from the files as they are, or were less than lookEvery ago.
func (r *renewing) take(now bool) *inUse {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now || time.Since(r.looked) >= lookEvery {
		r.looked = time.Now()
		if stamps := r.look(); !sameStamps(stamps, r.stamps) {
			r.renew(stamps)
		}
	}
	r.current.calls++
	return r.current
}

func (r *renewing) renew(stamps []os.FileInfo) {
	t, err := r.open()
	if err != nil {
		if text := err.Error(); text != r.problem { // a file that is being written is read again soon
			r.problem = text
			r.logger.Warn("a file with credentials or certificates has changed and can't be used; the old ones are kept", "error", err)
		}
		return
	}
	old := r.current
	r.current, r.stamps, r.problem = &inUse{Transport: t}, stamps, ""
	r.logger.Info("files with credentials or certificates have changed and are used from now on")
	if old.calls == 0 {
		_ = old.Close()
	}
}

func (r *renewing) leave(t *inUse) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.calls--; t.calls == 0 && t != r.current {
		_ = t.Close()
	}
}

// Renewed reports that a file has changed.
func (r *renewing) Renewed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.problem == "" && !sameStamps(r.look(), r.stamps)
}

// Send makes one attempt, and one more at once where that was barred and a file has changed.
func (r *renewing) Send(ctx context.Context, b Batch) Verdict {
	v := r.call(false, func(t Transport) Verdict { return t.Send(ctx, b) })
	if v.Outcome != Barred && v.Outcome != Retry || !r.Renewed() {
		return v
	}
	if v.Outcome == Retry { // certificates that weren't accepted; the sender repeats it
		r.leave(r.take(true))
		return v
	}
	b.Uncertain = b.Uncertain || v.Uncertain
	return r.call(true, func(t Transport) Verdict { return t.Send(ctx, b) })
}

// Probe makes a request without spans, with the files as they are.
func (r *renewing) Probe(ctx context.Context) Verdict {
	return r.call(true, func(t Transport) Verdict {
		if p, ok := t.(Prober); ok {
			return p.Probe(ctx)
		}
		return Verdict{}
	})
}

func (r *renewing) call(now bool, f func(Transport) Verdict) Verdict {
	t := r.take(now)
	defer r.leave(t)
	return f(t.Transport)
}

// Close closes the Transport. No call is running any more.
func (r *renewing) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current.Close()
}
