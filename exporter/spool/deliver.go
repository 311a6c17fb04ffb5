package spool

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

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
	if cause := context.Cause(ctx); cause != nil { // a process that ends, with all that waits in its queue
		return s.kept(b, cause, s.put(b, false))
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
	var reasons delivery.Reasons
	for _, l := range left {
		r := s.settle(l, unspoolable)
		all.Exported -= l.Batch.Spans - r.Exported
		all.Failed += r.Failed
		all.Spooled += r.Spooled
		reasons.Add(r.Err)
	}
	all.Err = reasons.Err()
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
func (s *Spool) keep(b delivery.Batch, why error) *report.Result { return s.kept(b, why, s.Put(b)) }

// kept says what became of b, which was put on disk because of why.
func (*Spool) kept(b delivery.Batch, why, err error) *report.Result {
	if err != nil {
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
