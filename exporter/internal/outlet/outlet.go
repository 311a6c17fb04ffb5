package outlet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tracehook/tracehook/exporter/send"
	"github.com/tracehook/tracehook/exporter/spool"
)

// SpooledBudget is how long a batch is retried before it goes to disk, which is the better
// place to wait.
const SpooledBudget = 2 * time.Second

// ErrShutdown is what exports return that begin after Shutdown.
var ErrShutdown = errors.New("the exporter is shut down")

// Deliver takes one encoded batch and returns nil or a [*send.SpanError].
type Deliver func(ctx context.Context, b send.Batch) error

// Outlet is the end of one connection. It is safe for concurrent use.
type Outlet struct {
	sender *send.Sender
	spool  *spool.Spool // nil without one
	target string

	stop     context.Context //nolint:containedctx // ends the exports that Shutdown finds
	cancel   context.CancelFunc
	mu       sync.RWMutex // held for reading by exports: Shutdown waits for them
	closed   bool
	shutdown sync.Once
	err      error
}

// New returns an outlet that owns t. Target is what may be shown of its destination.
func New(ctx context.Context, t send.Transport, o send.Options, target string) *Outlet {
	out := &Outlet{sender: send.NewSender(t, o), target: target}
	out.stop, out.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return out
}

// Keep opens a spool for what can't be delivered. Call it before the first export.
func (o *Outlet) Keep(ctx context.Context, keep spool.Options) (err error) {
	o.spool, err = spool.Open(ctx, o.sender, keep)
	return err
}

// Target is what may be shown of the destination.
func (o *Outlet) Target() string { return o.target }

// Export calls f with the way to deliver, and a context that ends with ctx or at Shutdown. It
// returns what f returns, or [ErrShutdown].
func (o *Outlet) Export(ctx context.Context, f func(context.Context, Deliver) error) error {
	if o.spool != nil {
		return o.run(ctx, f, o.spool.Deliver)
	}
	return o.run(ctx, f, o.sender.Deliver)
}

// Store is like Export, and delivers to the spool alone. The outlet must have one.
func (o *Outlet) Store(ctx context.Context, f func(context.Context, Deliver) error) error {
	return o.run(ctx, f, func(_ context.Context, b send.Batch) error { return o.spool.Put(b) })
}

func (o *Outlet) run(ctx context.Context, f func(context.Context, Deliver) error, deliver Deliver) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.closed {
		return ErrShutdown
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(o.stop, cancel)() //nolint:contextcheck // the outlet's end ends its exports
	return f(ctx, deliver)
}

// Resent returns how many spans were sent again after an attempt whose answer was lost.
func (o *Outlet) Resent() int64 { return o.sender.Resent() }

// Spool is nil without one.
func (o *Outlet) Spool() *spool.Spool { return o.spool }

// Shutdown ends running exports, which then fail or go to the spool, calls finish, and closes
// everything. It returns soon after ctx is done. Later calls return the same result.
func (o *Outlet) Shutdown(ctx context.Context, finish ...func() error) error {
	o.shutdown.Do(func() {
		o.cancel()
		errs := []error{o.close(ctx)}
		if o.spool != nil {
			errs = append(errs, o.spool.Close(ctx))
		}
		for _, f := range finish {
			errs = append(errs, f())
		}
		o.err = errors.Join(append(errs, o.sender.Close())...)
	})
	return o.err
}

// close refuses further exports and waits for those that run.
func (o *Outlet) close(ctx context.Context) error {
	if o.mu.TryLock() { // nothing runs: a context that is done already is no reason to fail
		o.closed = true
		o.mu.Unlock()
		return nil
	}
	idle := make(chan struct{})
	go func() {
		o.mu.Lock()
		o.closed = true
		o.mu.Unlock()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("an export to %s is still running: %w", o.target, context.Cause(ctx))
	}
}
