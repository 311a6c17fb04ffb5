package spool

import (
	"context"
	"errors"
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
