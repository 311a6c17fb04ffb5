package delivery

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"
)

// Transport makes one attempt to hand a batch over. Send is called by several goroutines at
// once; it returns soon after ctx is done.
type Transport interface {
	Send(ctx context.Context, b Batch) Verdict
	io.Closer
}

// Options are how a [Sender] tries. The zero Options are usable.
type Options struct {
	// Logger receives warnings that a destination attaches to a delivery, one line at WARN when
	// the destination goes down and one at INFO when it answers again; nil discards them.
	Logger *slog.Logger
	// Backoff is the wait between attempts.
	Backoff Backoff
	// Timeout bounds one attempt; 0 means 10 s.
	Timeout time.Duration
	// Budget bounds all attempts at one batch, from the first on: none begins after it. 0
	// means 30 s. The context of an export may be shorter.
	Budget time.Duration
	// MaxBytes bounds the body of a request; 0 means just under 4 MiB. Batches over it are cut, if
	// there is a Cutter, without which a batch that is too large is refused.
	MaxBytes int
	Cutter   Cutter
	// Once turns retrying off.
	Once bool
}

const (
	defaultTimeout = 10 * time.Second
	defaultBudget  = 30 * time.Second
	// maxAfter bounds what a destination may ask for: a typing error in a Retry-After must not
	// silence a connection for a day.
	maxAfter = 10 * time.Minute
)

// Sender hands batches to one destination. It is safe for concurrent use; a batch that
// waits for its next attempt delays no other.
type Sender struct {
	transport Transport
	options   Options
	resent    atomic.Int64
	notBefore atomic.Int64 // Unix nanoseconds: the destination asked not to be called earlier
	outage    outage
	door      door
	sizes     sizes
	warned    atomic.Pointer[warning] // the last one that was logged
	unsaid    atomic.Int64            // how many weren't since then

	warnedLarge atomic.Bool
}

// NewSender returns a sender on t.
func NewSender(t Transport, o Options) *Sender {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Budget <= 0 {
		o.Budget = defaultBudget
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	s := &Sender{transport: t, options: o, sizes: sizes{max: o.MaxBytes}}
	s.outage.turn = make(chan struct{}, 1)
	s.door.turn = make(chan struct{}, 1)
	return s
}

// Attempt makes exactly one attempt and remembers what it says about the destination.
func (s *Sender) Attempt(ctx context.Context, b Batch) Verdict {
	if b.Uncertain {
		s.resent.Add(int64(b.Spans))
	}
	slow := time.AfterFunc(slowAnswer, func() {
		s.outage.fails(s.options.Logger, fmt.Errorf("no answer for %v", slowAnswer))
	})
	attempt, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	v := s.transport.Send(attempt, b)
	slow.Stop()
	switch v.Outcome {
	case Retry:
		if v.After > 0 {
			v.After = min(v.After, maxAfter)
			s.notBefore.Store(time.Now().Add(v.After).UnixNano())
		}
		if v.Progress() {
			s.door.open(s.options.Logger)
			s.outage.end(s.options.Logger)
		}
		return v
	case Barred:
		s.door.close(s.options.Logger, v.Err)
	case Delivered:
		s.sizes.pass(len(b.Body))
		s.door.open(s.options.Logger)
		s.warn(v)
	default:
		s.door.open(s.options.Logger)
	}
	s.outage.end(s.options.Logger)
	s.notBefore.Store(0)
	return v
}

// slowAnswer is after how long a missing answer is logged like a failure.
const slowAnswer = 5 * time.Second

// Down reports that the last batch couldn't be delivered for a reason that may pass and nothing has been
// answered since, or that the destination takes nothing from us. A caller that can store batches does so
// then, and leaves probing to a background job.
func (s *Sender) Down() bool { return s.outage.down.Load() || s.door.shut.Load() }

// Outage returns why the destination counts as down and since when, with the last failure
// wrapped. Call it only where Down is true.
func (s *Sender) Outage() error {
	if err := s.door.err(); err != nil {
		return err
	}
	return s.outage.err()
}

// SetDown is for the background job that finds the destination gone, because of cause. A nil
// cause is a suspicion: there is reason not to send now, but nothing has failed.
func (s *Sender) SetDown(cause error) {
	if cause == nil {
		s.outage.suspect()
		return
	}
	s.outage.begin(s.options.Logger, cause, s.options.Backoff)
}

// Pause returns how long the destination wants to be left alone, at most 10 minutes; 0 if it
// may be called now.
func (s *Sender) Pause() time.Duration { return max(time.Until(s.free()), 0) }

// Resent returns how many spans were sent again after an attempt whose answer was lost. The
// destination may have them twice.
func (s *Sender) Resent() int64 { return s.resent.Load() }

// Close closes the transport. Call it when no attempt is running any more.
func (s *Sender) Close() error { return s.transport.Close() }

func (s *Sender) free() time.Time {
	ns := s.notBefore.Load()
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns)
}

// warning is what a destination said.
type warning struct {
	message string
	at      time.Time
}

// quiet is the least time between two lines about warnings of a destination, which may have another
// text in each answer.
const quiet = 10 * time.Second

// warn logs what a destination says about a batch that it took whole: once for each text, and at most
// one line in ten seconds.
func (s *Sender) warn(v Verdict) {
	if v.Outcome != Delivered || v.Rejected > 0 || v.Message == "" {
		return
	}
	last, now := s.warned.Load(), time.Now()
	if last != nil && last.message == v.Message {
		return
	}
	if last != nil && now.Sub(last.at) < quiet {
		s.unsaid.Add(1)
		return
	}
	if s.warned.CompareAndSwap(last, &warning{v.Message, now}) {
		s.options.Logger.Warn("the destination took a batch and warned", "message", v.Message, "not_logged", s.unsaid.Swap(0))
	}
}

// outlives reports whether ctx lasts longer than d: waiting for a deadline would only take
// the time that a spool needs.
func outlives(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > d
}

// sleep reports whether d passed before ctx was done.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
