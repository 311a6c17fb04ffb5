package spool

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// Spool delivers batches and keeps what can't be delivered now. It is safe for concurrent
// use.
type Spool struct {
	options Options
	dir     string
	sender  *delivery.Sender
	open    func(name string) (file, error) // a new one, for writing
	syncDir func(dir string) error          // makes the names in it durable

	ownedMu       sync.Mutex
	owned         ownedDir
	removed       chan struct{} // has room for one: the directory was removed
	restoreFailed bool          // the background job's own, as is readFailed
	readFailed    bool          // the last file couldn't be read, and that was logged

	mu     sync.Mutex // of the fields below; never held while a file is touched
	index  index
	counts counts
	dead   deadLetters
	// deadReason is that of the last batch.
	deadReason error
	closed     bool

	deadLog, expiredLog, roomLog lossLog

	failing   atomic.Bool // the last attempt of this process has failed
	unsynced  syncList
	wake      chan struct{} // has room for one: there is something to send
	cancel    context.CancelFunc
	draining  chan struct{} // closed: send what is left, then stop
	done      sync.WaitGroup
	closeOnce sync.Once
	closeErr  error
}

// counts are in spans.
type counts struct{ inherited, replayed, dead, expired int64 }

var (
	errClosed = errors.New("the spool is closed")
	errQueued = errors.New("kept on disk until the destination has confirmed it (mode always)")
)

// Open takes the directory for this process, counts what an earlier one left in it, and
// begins to send that. Sender is not closed by the Spool. Ctx bounds the wait for a
// predecessor that is still ending, at most 2 s.
func Open(ctx context.Context, sender *delivery.Sender, o Options) (*Spool, error) {
	o.fill()
	dir, err := o.check()
	if err != nil {
		return nil, err
	}
	h, err := acquire(ctx.Done(), dir)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s := &Spool{
		options: o, dir: dir, sender: sender, open: create, syncDir: syncDir, owned: h, removed: make(chan struct{}, 1),
		deadLog: lossLog{message: "spooled spans are dead"}, expiredLog: lossLog{message: "spooled spans are too old"},
		roomLog: lossLog{message: "the oldest spooled spans have made room for new ones"},
		wake:    make(chan struct{}, 1), draining: make(chan struct{}),
	}
	if err := errors.Join(s.settleOrigin(), s.adopt(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("spool: %w", err), h.lock.Close())
	}
	if err := s.load(time.Now()); err != nil {
		return nil, errors.Join(fmt.Errorf("spool: %w", err), h.lock.Close())
	}
	if s.index.len() > 0 {
		sender.SetDown(nil) // until the backlog shows otherwise, so that the order is kept
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	s.done.Go(func() { s.replay(background) })
	s.done.Go(func() { s.lookForOrphans(background) })
	if o.Sync > 0 {
		s.done.Go(func() { s.syncEvery(background, time.Duration(o.Sync)) })
	}
	return s, nil
}

// Counts returns, in spans, how many wait on disk, and how many this process has replayed,
// moved to dead/ and removed because of their age. Inherited plus spooled spans are the
// sum of the four at rest.
func (s *Spool) Counts() (pending, replayed, dead, expired int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.spans, s.counts.replayed, s.counts.dead, s.counts.expired
}

// Inherited returns how many spans an earlier process had left.
func (s *Spool) Inherited() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts.inherited
}

// How long Close goes on sending to a destination that answers, and how long it waits for an
// attempt at one that doesn't: one that is canceled may arrive all the same, and its spans
// come a second time with the next process, or after a reload.
const (
	drainPatience   = 2 * time.Second
	attemptPatience = 500 * time.Millisecond
)

// Close ends the background job and gives the directory back. If the destination answers, it
// first sends what is left, for at most 2 s and no longer than ctx lasts; if it doesn't, an
// attempt that is running gets half a second. What remains is inherited by the next process.
// Later calls return the same result.
func (s *Spool) Close(ctx context.Context) error {
	s.closeOnce.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		close(s.draining)
		patience := drainPatience
		if s.failing.Load() {
			patience = attemptPatience
		}
		if deadline, ok := ctx.Deadline(); ok { // the rest is for what is to be synced
			patience = min(patience, time.Until(deadline)/2)
		}
		stop := time.AfterFunc(patience, s.cancel)
		defer stop.Stop()
		defer context.AfterFunc(ctx, s.cancel)()
		s.done.Wait()
		s.cancel()
		s.deadLog.flush(s.options.Logger)
		s.expiredLog.flush(s.options.Logger)
		s.roomLog.flush(s.options.Logger)
		s.ownedMu.Lock()
		defer s.ownedMu.Unlock()
		s.closeErr = errors.Join(s.syncNow(ctx), s.owned.lock.Close())
	})
	return s.closeErr
}

// String returns the directory.
func (s *Spool) String() string { return "spool " + s.dir }

func (s *Spool) path(name string) string { return filepath.Join(s.dir, name) }
