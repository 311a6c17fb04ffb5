package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// tellAgain is the time between two outages that are logged: a destination that comes and goes
// would fill the log otherwise.
const tellAgain = 10 * time.Second

// longestPause is the longest time between two attempts while a destination is down.
const longestPause = 10 * time.Second

// outage is what a [Sender] knows about its destination being away.
type outage struct {
	down    atomic.Bool // a batch has used up its attempts, or there is a suspicion
	trouble atomic.Bool // down, or it was logged that attempts fail

	turn chan struct{} // has room for one, whose holder makes the next attempt

	mu       sync.Mutex
	cause    error     // of the last failure; nil if nothing has been tried yet
	since    time.Time // of the first failure
	failures int       // batches that have failed in a row
	next     time.Time // when to try again
	told     bool
	last     time.Time // when an outage was last logged
}

// fails records failures that a batch may still survive, and logs the first ones of an outage.
func (o *outage) fails(logger *slog.Logger, cause error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell(logger, cause)
}

// begin records that a batch has used up its attempts. Pause is for the next one.
func (o *outage) begin(logger *slog.Logger, cause error, backoff Backoff) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures++
	backoff.Max = longestPause
	o.next = time.Now().Add(backoff.Wait(o.failures))
	o.down.Store(true)
	o.tell(logger, cause)
}

// tell logs the outage. The caller holds the lock. A slow logger delays no delivery: only failures,
// and the first success after them, take the lock.
func (o *outage) tell(logger *slog.Logger, cause error) {
	now := time.Now()
	o.trouble.Store(true)
	if o.cause == nil {
		o.since = now
	}
	o.cause = cause
	if !o.told && (o.last.IsZero() || now.Sub(o.last) >= tellAgain) {
		o.told, o.last = true, now
		logger.Warn("the destination is down", "since", o.since.UTC().Format(time.RFC3339), "error", cause)
	}
}

// suspect takes the destination for down before anything was tried. Nothing is logged.
func (o *outage) suspect() {
	o.trouble.Store(true)
	o.down.Store(true)
}

// end records an answer. The first one after an outage that was logged is logged, too.
func (o *outage) end(logger *slog.Logger) {
	if !o.trouble.Load() {
		return
	}
	o.mu.Lock()
	told, since := o.told, o.since
	o.cause, o.told, o.failures, o.next = nil, false, 0, time.Time{}
	o.trouble.Store(false)
	o.down.Store(false)
	o.mu.Unlock()
	if told {
		logger.Info("the destination answers again", "after", time.Since(since).Round(time.Millisecond).String())
	}
}

// take waits until it is this caller's turn to make the next attempt, at most for the budget. It
// reports false if ctx is done before.
func (o *outage) take(ctx context.Context, budget time.Duration) bool {
	select {
	case o.turn <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	o.mu.Lock()
	wait := time.Until(o.next)
	o.mu.Unlock()
	if !o.down.Load() || sleep(ctx, min(wait, budget)) {
		return true
	}
	o.release()
	return false
}

func (o *outage) release() { <-o.turn }

var errSuspected = errors.New("earlier batches wait on disk and go first")

// err says why a batch isn't sent now.
func (o *outage) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cause == nil {
		return errSuspected
	}
	return fmt.Errorf("the destination is down since %s: %w", o.since.UTC().Format(time.RFC3339), o.cause)
}
