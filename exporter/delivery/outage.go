package delivery

import (
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

// outage is what a [Sender] knows about its destination being away.
type outage struct {
	down atomic.Bool

	mu    sync.Mutex
	cause error     // of the last failure; nil if nothing has been tried yet
	since time.Time // of the first failure
	told  bool
	last  time.Time // when an outage was last logged
}

// begin records a failure. The first one of an outage is logged.
func (o *outage) begin(logger *slog.Logger, cause error) {
	now := time.Now()
	o.mu.Lock()
	if o.cause == nil {
		o.since = now
	}
	o.cause = cause
	tell := !o.told && (o.last.IsZero() || now.Sub(o.last) >= tellAgain)
	if tell {
		o.told, o.last = true, now
	}
	since := o.since
	o.down.Store(true)
	o.mu.Unlock()
	if tell {
		logger.Warn("the destination is down", "since", since.UTC().Format(time.RFC3339), "error", cause)
	}
}

// suspect takes the destination for down before anything was tried. Nothing is logged.
func (o *outage) suspect() { o.down.Store(true) }

// end records an answer. The first one after an outage that was logged is logged, too.
func (o *outage) end(logger *slog.Logger) {
	if !o.down.Load() {
		return
	}
	o.mu.Lock()
	told, since := o.told, o.since
	o.cause, o.told = nil, false
	o.down.Store(false)
	o.mu.Unlock()
	if told {
		logger.Info("the destination answers again", "after", time.Since(since).Round(time.Millisecond).String())
	}
}

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
