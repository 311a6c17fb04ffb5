package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
)

const (
	// stepOver is after how many failures in a row of the oldest batch the next one is tried.
	stepOver = 3
	// poisoned is how often a batch may fail while the one after it succeeds.
	poisoned = 3
)

// replay sends what is on disk until ctx is done, or, when draining, until nothing is left
// or the destination doesn't answer.
func (s *Spool) replay(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		s.expire(time.Now())
		e, ok := s.oldest(0)
		if !ok {
			failures = 0
			if !s.idle(ctx) {
				return
			}
			continue
		}
		if s.isDraining() && (s.failing.Load() || s.sender.Pause() > 0 || s.sender.Barred() != nil) {
			return
		}
		if s.sender.Barred() != nil && !s.admit(ctx) {
			continue
		}
		if !s.wait(ctx, s.sender.Pause()) {
			continue
		}
		begin := time.Now()
		v, sent := s.attempt(ctx, e)
		if !sent || !waits(v) {
			failures = 0
			s.wait(ctx, s.pace(e.spans)-time.Since(begin))
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if v.Outcome == delivery.Barred {
			continue
		}
		if !unread(v.Err) {
			s.sender.SetDown(v.Err)
		}
		s.checkDirectory()
		failures++
		if failures >= stepOver && v.After == 0 {
			s.tryNext(ctx, e, v.Err)
		}
		s.wait(ctx, s.options.Backoff.Wait(failures))
	}
}

// attempt sends one batch and settles it unless it is to be tried again. It reports false if
// there was nothing to send.
func (s *Spool) attempt(ctx context.Context, e entry) (v delivery.Verdict, sent bool) {
	body := e.body
	if body == nil {
		var err error
		if body, err = readEntry(s.path(e.name(s.options.Kind)), &e); err != nil {
			return s.unreadable(e, err)
		}
		s.readFailed = false
	}
	batch := delivery.Batch{Body: body, Spans: e.spans, Uncertain: e.uncertain, ContentType: s.options.Also[e.kind]}
	if parts := s.sender.Cut(batch); len(parts) > 1 {
		return s.replace(e, parts)
	}
	v = s.sender.Attempt(ctx, batch)
	s.failing.Store(waits(v))
	if waits(v) && v.Uncertain {
		s.mu.Lock()
		s.index.change(e.seq, func(e *entry) { e.uncertain = true })
		s.mu.Unlock()
	}
	switch {
	case v.Outcome == delivery.TooLarge:
		if parts := s.sender.Shrink(batch); parts != nil {
			return s.replace(e, parts)
		}
		s.reject(e, e.spans, s.sender.TooLarge(batch, v.Err))
	case v.Outcome == delivery.Retry:
	case v.Outcome == delivery.Barred:
		return s.barred(e, batch, v)
	case v.Outcome == delivery.Refused:
		s.reject(e, e.spans, v.Err)
	case v.Rejected > 0:
		s.reject(e, v.Rejected, v.Rejection(e.spans))
	default:
		s.remove(e)
		s.forget(e, func(c *counts) { c.replayed += int64(e.spans) })
	}
	return v, true
}

// barred settles a batch that is barred again and again although the destination takes requests
// without spans: a firewall doesn't like something in it.
func (s *Spool) barred(e entry, b delivery.Batch, v delivery.Verdict) (_ delivery.Verdict, sent bool) {
	if e.barred < mostBarred {
		s.mu.Lock()
		s.index.change(e.seq, func(e *entry) { e.barred++ })
		s.mu.Unlock()
		return v, true
	}
	if parts := s.sender.Halve(b); parts != nil {
		return s.replace(e, parts)
	}
	s.reject(e, e.spans, fmt.Errorf("the destination takes empty requests, but not this span: %w", v.Err))
	return v, true
}

// mostBarred is how often a batch may be barred, with an empty request that is taken in between.
const mostBarred = 2

// replace puts the parts of an entry in its place on disk. They go behind what is there.
func (s *Spool) replace(e entry, parts []delivery.Batch) (v delivery.Verdict, sent bool) {
	var made []entry
	for _, b := range parts {
		part := entry{
			body: b.Body, created: e.created, size: int64(len(b.Body)), spans: b.Spans,
			crc: checksum(b.Body), uncertain: e.uncertain, barred: e.barred, kind: e.kind,
		}
		s.mu.Lock()
		s.index.used += part.cost() // over the bound if need be: the whole one leaves soon
		s.index.seq++
		part.seq = s.index.seq
		s.mu.Unlock()
		err := s.write(&part, b.Body)
		made = append(made, part)
		if err != nil {
			for _, m := range made {
				s.remove(m)
				s.mu.Lock()
				s.index.used -= m.cost()
				s.mu.Unlock()
			}
			return delivery.Verdict{Outcome: delivery.Retry, Err: unreadError{err}}, true
		}
	}
	s.remove(e)
	s.forget(e, func(*counts) {})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range made {
		s.index.add(m)
	}
	return v, false
}

// admit waits until the destination takes something from us. It is cut short as wait is.
func (s *Spool) admit(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	admitted := make(chan bool, 1)
	go func() { admitted <- s.sender.Admit(ctx) }()
	oldest := time.NewTicker(time.Minute) // batches get too old meanwhile
	defer oldest.Stop()
	for {
		select {
		case ok := <-admitted:
			return ok
		case <-s.draining:
			cancel()
			<-admitted
			return false
		case <-s.removed:
			s.reconcile()
		case <-oldest.C:
			s.expire(time.Now())
		}
	}
}

// tryNext finds out whether it is the batch or the destination that fails: the destination
// gets the next batch. One that fails again and again while others succeed is moved to dead/.
func (s *Spool) tryNext(ctx context.Context, e entry, reason error) {
	next, ok := s.oldest(1)
	if !ok {
		return
	}
	if v, sent := s.attempt(ctx, next); !sent || waits(v) {
		return
	}
	failed := e.failed + 1
	if failed >= poisoned && e.spans > 1 && s.halve(e) {
		return
	}
	if failed >= poisoned {
		s.reject(e, e.spans, errors.Join(errors.New("it failed again and again while the destination took other batches"), reason))
		return
	}
	s.mu.Lock()
	s.index.change(e.seq, func(e *entry) { e.failed = failed })
	s.mu.Unlock()
}

// halve replaces a batch by its halves: it may be too large for something on the way, or one span
// of it is at fault.
func (s *Spool) halve(e entry) bool {
	body := e.body
	if body == nil {
		var err error
		if body, err = readEntry(s.path(e.name(s.options.Kind)), &e); err != nil {
			return false
		}
	}
	parts := s.sender.Halve(delivery.Batch{Body: body, Spans: e.spans, Uncertain: e.uncertain})
	if parts == nil {
		return false
	}
	_, failed := s.replace(e, parts)
	return !failed
}

// reject moves a batch to dead/.
func (s *Spool) reject(e entry, lost int, reason error) {
	s.forget(e, func(c *counts) { c.replayed += int64(e.spans - lost) })
	if err := s.moveToDead(e, lost, reason); err != nil {
		s.mu.Lock()
		s.counts.dead += int64(lost)
		s.mu.Unlock()
		s.logDead(e, lost, fmt.Errorf("%w; and it can't be moved to %s: %w", reason, deadDir, err))
	}
}

// unreadError is why a file couldn't be read that may be sound: this process has no file
// descriptors left, or somebody has taken its rights away.
type unreadError struct{ error }

func (e unreadError) Unwrap() error { return e.error }

func unread(err error) bool {
	_, ok := errors.AsType[unreadError](err)
	return ok
}

// unreadable settles a file that is damaged or that somebody removed. Any other failure is ours,
// and the batch is tried again like one that the destination didn't take.
func (s *Spool) unreadable(e entry, err error) (v delivery.Verdict, sent bool) {
	switch {
	case errors.Is(err, errDamaged):
		s.reject(e, e.spans, err)
	case errors.Is(err, fs.ErrNotExist):
		s.forget(e, func(c *counts) { c.dead += int64(e.spans) })
		s.logDead(e, e.spans, errors.New("the file has disappeared"))
	default:
		if !s.readFailed {
			s.options.Logger.Warn("a spooled file can't be read now, and is tried again", "error", err)
		}
		s.readFailed = true
		s.failing.Store(true)
		return delivery.Verdict{Outcome: delivery.Retry, Err: unreadError{err}}, true
	}
	return v, false
}

// expire removes what is too old.
func (s *Spool) expire(now time.Time) {
	s.expireDead(now)
	for {
		s.mu.Lock()
		e, ok := s.index.expired(now, s.options.MaxAge)
		s.mu.Unlock()
		if !ok {
			return
		}
		s.remove(e)
		s.forget(e, func(c *counts) { c.expired += int64(e.spans) })
		s.expiredLog.add(s.options.Logger, e.spans, "max_age", s.options.MaxAge)
	}
}

func (s *Spool) remove(e entry) {
	if err := ignoreMissing(os.Remove(s.path(e.name(s.options.Kind)))); err != nil {
		s.options.Logger.Warn("a spooled file can't be removed, and would be sent again after a restart", "error", err)
	}
}

func (s *Spool) forget(e entry, count func(*counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index.remove(e.seq) { // otherwise it had to make room, and was counted then
		count(&s.counts)
	}
}

func (s *Spool) oldest(i int) (entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.at(i)
}

func (s *Spool) isDraining() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}

// idle waits for something to send; false means that there won't be anything.
func (s *Spool) idle(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-s.wake:
		return true
	case <-s.removed:
		s.reconcile()
		return true
	case <-s.draining:
		_, more := s.oldest(0)
		return more
	}
}

// wait reports whether d passed. It is cut short by the end of ctx, and when draining begins:
// the loop decides anew then.
func (s *Spool) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	if s.isDraining() {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.draining:
	case <-s.removed:
		s.reconcile()
	}
	return false
}

// pace is how long a batch may take at least.
func (s *Spool) pace(spans int) time.Duration {
	if s.options.Rate <= 0 {
		return 0
	}
	return time.Duration(float64(spans) / s.options.Rate * float64(time.Second))
}
