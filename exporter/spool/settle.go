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

// attempt sends one batch and settles it unless it is to be tried again. It reports false if
// there was nothing to send.
func (s *Spool) attempt(ctx context.Context, e entry) (v delivery.Verdict, sent bool) {
	body, err := s.body(&e)
	if err != nil {
		return s.unreadable(e, err)
	}
	batch := delivery.Batch{Body: body, Spans: e.spans, Uncertain: e.uncertain, ContentType: s.options.Also[e.kind]}
	if parts := s.sender.Cut(batch); len(parts) > 1 {
		return s.replace(e, parts)
	}
	v = s.sender.Attempt(ctx, batch)
	s.failing.Store(waits(v))
	if rest := v.Remaining(batch); waits(v) && rest.Spans < batch.Spans {
		return s.keepRest(e, rest, v)
	}
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

// body returns the body of an entry, which is in memory or on disk.
func (s *Spool) body(e *entry) ([]byte, error) {
	if e.body != nil {
		return e.body, nil
	}
	body, err := readEntry(s.path(e.name(s.options.Kind)), e)
	if err == nil {
		s.readFailed = false
	}
	return body, err
}

// barred settles a batch that is barred again and again although the destination takes requests without
// spans: a firewall refuses something in it.
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
		part := newEntry(b)
		part.created, part.barred, part.kind = e.created, e.barred, e.kind
		s.mu.Lock()
		s.index.number(&part) // over the bound if need be: the whole one leaves soon
		s.mu.Unlock()
		err := s.write(&part, b.Body, s.options.Sync == SyncBatch)
		made = append(made, part)
		if err != nil {
			for _, m := range made {
				s.remove(m)
				s.release(m)
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

// keepRest puts what the destination has left of an entry in its place on disk. V says why it did.
func (s *Spool) keepRest(e entry, rest delivery.Batch, v delivery.Verdict) (_ delivery.Verdict, sent bool) {
	rest.Uncertain = rest.Uncertain || v.Uncertain
	if failed, tried := s.replace(e, []delivery.Batch{rest}); tried {
		return failed, true // all of it is sent again, which is better than none
	}
	s.mu.Lock()
	s.counts.replayed += int64(e.spans - rest.Spans)
	s.mu.Unlock()
	return v, false
}

// halve replaces a batch by its halves: it may be too large for something on the way, or one span
// of it is at fault.
func (s *Spool) halve(e entry) bool {
	body, err := s.body(&e)
	if err != nil {
		return false
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
