package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// A Prober is a [Transport] that can ask a destination whether it takes anything, with a request
// without spans.
type Prober interface {
	Probe(ctx context.Context) Verdict
}

// A Renewer is a [Transport] whose credentials may change. Renewed reports that they have since
// the last attempt.
type Renewer interface {
	Renewed() bool
}

const (
	firstProbe = time.Second
	lastProbe  = time.Minute
	lookAgain  = time.Second // for credentials that have changed
)

// door is what a [Sender] knows about a destination that takes nothing from us.
type door struct {
	shut atomic.Bool
	turn chan struct{} // has room for one, whose holder asks for all

	mu     sync.Mutex
	cause  error
	since  time.Time
	probes int
	next   time.Time // when to ask again
	told   bool
	last   time.Time // when a closed door was last logged
}

// close records that a batch was barred.
func (d *door) close(logger *slog.Logger, cause error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	d.cause = cause
	if d.shut.Load() {
		return
	}
	d.shut.Store(true)
	d.since, d.probes, d.next = now, 0, now.Add(firstProbe)
	if d.last.IsZero() || now.Sub(d.last) >= tellAgain {
		d.told, d.last = true, now
		logger.Warn("the destination takes nothing from us: spans wait until it does", "error", cause)
	}
}

// open records that something wasn't barred. It is logged where the closed door was.
func (d *door) open(logger *slog.Logger) {
	if !d.shut.Load() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut.Store(false)
	if !d.told {
		return
	}
	d.told = false
	logger.Info("the destination takes spans again", "after", time.Since(d.since).Round(time.Millisecond).String())
}

// ask waits until it is time for a probe and makes it.
func (d *door) ask(ctx context.Context, s *Sender) {
	renewer, _ := s.transport.(Renewer)
	for d.shut.Load() {
		d.mu.Lock()
		wait := time.Until(d.next)
		d.mu.Unlock()
		if wait <= 0 || renewer != nil && renewer.Renewed() {
			break
		}
		if renewer != nil {
			wait = min(wait, lookAgain)
		}
		if !sleep(ctx, wait) {
			return
		}
	}
	if d.shut.Load() {
		d.probe(ctx, s)
	}
}

func (d *door) probe(ctx context.Context, s *Sender) {
	prober, ok := s.transport.(Prober)
	if !ok {
		d.open(s.options.Logger) // the next batch will show
		return
	}
	attempt, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	v := prober.Probe(attempt)
	if ctx.Err() != nil {
		return
	}
	if v.Outcome != Barred && v.Outcome != Retry {
		d.open(s.options.Logger)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if v.Outcome == Barred {
		d.cause = v.Err
	}
	d.probes++
	d.next = time.Now().Add(max(min(firstProbe<<min(d.probes, 6), lastProbe), v.After))
}

// err says why nothing is sent now, nil if there is no reason.
func (d *door) err() error {
	if !d.shut.Load() {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return fmt.Errorf("the destination takes nothing from us since %s: %w", d.since.UTC().Format(time.RFC3339), d.cause)
}

// Barred returns why the destination takes nothing from us, such as wrong credentials or a wrong
// path; nil if it does or nothing was tried. Batches wait meanwhile, and requests without spans ask
// after 1, 2, 4 ... 60 s, or when a file with credentials changes, whether it does again.
func (s *Sender) Barred() error { return s.door.err() }

// Admit waits until the destination takes requests from us, asking it from time to time. It reports
// false if ctx is done before.
func (s *Sender) Admit(ctx context.Context) bool {
	for s.door.shut.Load() {
		select {
		case s.door.turn <- struct{}{}:
		case <-ctx.Done():
			return false
		}
		s.door.ask(ctx, s)
		<-s.door.turn
		if ctx.Err() != nil {
			return !s.door.shut.Load()
		}
	}
	return true
}
