package spool

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

// Spool delivers batches and keeps what can't be delivered now. It is safe for concurrent
// use.
type Spool struct {
	options Options
	dir     string
	sender  *delivery.Sender
	open    func(name string) (file, error) // a new one, for writing

	ownedMu       sync.Mutex
	owned         ownedDir
	removed       chan struct{} // has room for one: the directory was removed
	restoreFailed bool          // the background job's own, as is readFailed
	readFailed    bool          // the last file couldn't be read, and that was logged

	mu     sync.Mutex // of the fields below; never held while a file is touched
	index  index
	counts counts
	dead   deadLetters
	closed bool

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
		options: o, dir: dir, sender: sender, open: create, owned: h, removed: make(chan struct{}, 1),
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

// Deliver sends or keeps b, as the mode says, and returns nil if it was delivered whole, or a
// [*report.Result] with the number of spans that are in the spool now. It returns soon
// after ctx is done, and keeps the batch then; where it is done already, nothing is sent.
func (s *Spool) Deliver(ctx context.Context, b delivery.Batch) error {
	if s.options.Mode == Always {
		err := s.Put(b)
		if err == nil {
			return &report.Result{Spooled: b.Spans, Err: s.queued()}
		}
		return s.send(ctx, b, err)
	}
	if ctx.Err() != nil {
		return s.keep(b, context.Cause(ctx))
	}
	if s.sender.Down() {
		if e := s.keep(b, s.sender.Outage()); e.Spooled > 0 || s.backlog() {
			return e
		}
		// It doesn't fit, and there is no backlog whose replay would find the destination up
		// again.
	}
	return s.send(ctx, b, nil)
}

// queued says why a batch is on disk in mode always, and that it may stay there for a while.
func (s *Spool) queued() error {
	if s.sender.Down() {
		return fmt.Errorf("%w; %w", errQueued, s.sender.Outage())
	}
	return errQueued
}

// send sends b now. Unspoolable is why it can't be kept if that fails; nil if it can.
func (s *Spool) send(ctx context.Context, b delivery.Batch, unspoolable error) error {
	ctx, cancel := reserveTime(ctx)
	defer cancel()
	left := s.sender.Send(ctx, b)
	s.failing.Store(slices.ContainsFunc(left, func(l delivery.Left) bool { return waits(l.Verdict) }))
	if len(left) == 0 {
		return nil
	}
	all := &report.Result{Exported: b.Spans}
	for _, l := range left {
		r := s.settle(l, unspoolable)
		all.Exported -= l.Batch.Spans - r.Exported
		all.Failed += r.Failed
		all.Spooled += r.Spooled
		if all.Err == nil {
			all.Err = r.Err
		} else if all.Err.Error() != r.Err.Error() {
			all.Err = joinReasons(all.Err, r.Err)
		}
	}
	return all
}

// waits reports that the same bytes may be taken later.
func waits(v delivery.Verdict) bool {
	return v.Outcome == delivery.Retry || v.Outcome == delivery.Barred
}

// settle keeps a part of a batch that wasn't taken whole.
func (s *Spool) settle(l delivery.Left, unspoolable error) *report.Result {
	b, v := l.Batch, l.Verdict
	switch {
	case waits(v) && unspoolable == nil:
		b.Uncertain = v.Uncertain
		return s.keep(b, v.Err)
	case waits(v):
		return &report.Result{Failed: b.Spans, Err: joinReasons(v.Err, unspoolable)}
	case v.Rejected > 0:
		reason := v.Rejection(b.Spans)
		if err := s.keepDead(b, v.Rejected, reason); err != nil {
			return &report.Result{Exported: b.Spans - v.Rejected, Failed: v.Rejected, Err: joinReasons(reason, err)}
		}
		return &report.Result{Exported: b.Spans - v.Rejected, Spooled: v.Rejected, Err: reason}
	default:
		if err := s.keepDead(b, b.Spans, v.Err); err != nil {
			return &report.Result{Failed: b.Spans, Err: joinReasons(v.Err, err)}
		}
		return &report.Result{Spooled: b.Spans, Err: fmt.Errorf("refused for good and kept in %s: %w", deadDir, v.Err)}
	}
}

// keep puts b on disk because of why.
func (s *Spool) keep(b delivery.Batch, why error) *report.Result {
	if err := s.Put(b); err != nil {
		return &report.Result{Failed: b.Spans, Err: joinReasons(why, err)}
	}
	return &report.Result{Spooled: b.Spans, Err: why}
}

// joinReasons makes one sentence of why a batch wasn't delivered and why it couldn't be kept.
func joinReasons(sending, keeping error) error { return fmt.Errorf("%w; %w", sending, keeping) }

// reserveTime ends a context a little before its deadline, so that a batch whose time is up
// can still be written.
func reserveTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	const most = 500 * time.Millisecond
	return context.WithDeadline(ctx, deadline.Add(-min(time.Until(deadline)/10, most)))
}

func (s *Spool) backlog() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.len() > 0
}

// Put writes b to disk, to be sent later. When it returns nil the batch is there, and synced
// if the policy is [SyncBatch]. It never waits for the destination. After Close, or if the
// spool or the disk is full, it returns an error and nothing is kept.
func (s *Spool) Put(b delivery.Batch) error {
	e, err := s.reserve(b)
	if err != nil {
		return err
	}
	if err := s.write(&e, b.Body); err != nil {
		s.mu.Lock()
		s.index.used -= e.cost()
		s.mu.Unlock()
		return fmt.Errorf("spool %q: %w", s.dir, err)
	}
	s.mu.Lock()
	s.index.add(e)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// reserve numbers a batch and takes the room for it.
func (s *Spool) reserve(b delivery.Batch) (entry, error) {
	e := entry{
		body: b.Body, created: time.Now().UnixMilli(), size: int64(len(b.Body)),
		spans: b.Spans, crc: checksum(b.Body), uncertain: b.Uncertain,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return entry{}, errClosed
	}
	for s.options.Full == Oldest && s.index.used+e.cost() > s.options.MaxBytes && s.index.len() > 0 {
		s.makeRoom()
	}
	if s.index.used+e.cost() > s.options.MaxBytes {
		return entry{}, fmt.Errorf("spool %q is full: it holds %d of at most %d bytes (max_bytes)", s.dir, s.index.used, s.options.MaxBytes)
	}
	s.index.used += e.cost()
	s.index.seq++
	e.seq = s.index.seq
	return e, nil
}

// makeRoom removes the oldest batch. It needs the lock, which it gives back meanwhile.
func (s *Spool) makeRoom() {
	e, _ := s.index.at(0)
	s.index.remove(e.seq)
	s.counts.expired += int64(e.spans)
	s.mu.Unlock()
	s.remove(e)
	s.roomLog.add(s.options.Logger, e.spans, "max_bytes", s.options.MaxBytes)
	s.mu.Lock()
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
		s.closeErr = errors.Join(s.syncNow(), s.owned.lock.Close())
	})
	return s.closeErr
}

// String returns the directory.
func (s *Spool) String() string { return "spool " + s.dir }

func (s *Spool) path(name string) string { return filepath.Join(s.dir, name) }
