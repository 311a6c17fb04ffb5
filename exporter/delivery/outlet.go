package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// SpooledBudget is how long a batch is retried before it goes to disk, which is the better
// place to wait.
const SpooledBudget = 2 * time.Second

// ErrShutdown is what exports return that begin after Shutdown.
var ErrShutdown = errors.New("the exporter is shut down")

// Store keeps batches that can't be delivered now. Package spool has one on disk.
type Store interface {
	// Deliver sends or keeps a batch, and returns nil or a [*report.Result].
	Deliver(ctx context.Context, b Batch) error
	// Put keeps a batch without trying to send it.
	Put(b Batch) error
	// Close ends the store. It returns soon after ctx is done.
	Close(ctx context.Context) error
}

// Deliver takes one encoded batch and returns nil or a [*report.Result].
type Deliver func(ctx context.Context, b Batch) error

// Outlet is the end of one connection. It is safe for concurrent use.
type Outlet struct {
	sender *Sender
	store  Store // nil without one
	target string

	stop     context.Context //nolint:containedctx // ends the exports that Shutdown finds
	cancel   context.CancelFunc
	mu       sync.RWMutex // held for reading by exports: Shutdown waits for them
	closed   bool
	shutdown sync.Once
	err      error
}

// New returns an outlet that owns t. Target is what may be shown of its destination.
func New(ctx context.Context, t Transport, o Options, target string) *Outlet {
	out := &Outlet{sender: NewSender(t, o), target: target}
	out.stop, out.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return out
}

// Sender returns what sends the batches of o.
func (o *Outlet) Sender() *Sender { return o.sender }

// Keep lets s, which the outlet owns from now on, take what can't be delivered. Call it before the
// first export.
func (o *Outlet) Keep(s Store) { o.store = s }

// Target is what may be shown of the destination.
func (o *Outlet) Target() string { return o.target }

// Export calls f with the way to deliver, and a context that ends with ctx or at Shutdown. It
// returns what f returns, or [ErrShutdown].
func (o *Outlet) Export(ctx context.Context, f func(context.Context, Deliver) error) error {
	if o.store != nil {
		return o.run(ctx, f, o.store.Deliver)
	}
	return o.run(ctx, f, o.sender.Deliver)
}

// Store is like Export, and puts batches into the store without sending them. The outlet must have one.
func (o *Outlet) Store(ctx context.Context, f func(context.Context, Deliver) error) error {
	return o.run(ctx, f, func(_ context.Context, b Batch) error { return o.store.Put(b) })
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

// Shutdown ends running exports, which then fail or go to the spool, calls finish, and closes
// everything. It returns soon after ctx is done. Later calls return the same result.
func (o *Outlet) Shutdown(ctx context.Context, finish ...func() error) error {
	o.shutdown.Do(func() {
		o.cancel()
		errs := []error{o.close(ctx)}
		if o.store != nil {
			errs = append(errs, o.store.Close(ctx))
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
