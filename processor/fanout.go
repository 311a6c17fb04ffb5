package processor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/processor/internal/connection"
	"github.com/tracehook/tracehook/processor/internal/hold"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// ErrShutdown is returned by [Fanout.Reload] after [Fanout.Shutdown].
var ErrShutdown = errors.New("the processor was shut down")

// Fanout is a SpanProcessor that hands every ended span to all connections. Make it with
// [New]; the zero value ignores everything.
type Fanout struct {
	conns  atomic.Pointer[connections]
	offers sync.Pool      // of *offer: what is handed to an interface is on the heap
	late   ledger.Counter // ended after Shutdown
	reader decision.Reader
	twice  twice
	hold   *hold.Hold
	open   openSpans
	made   time.Time

	options    Options
	env        connection.Environment
	spools     ledger.Spools
	report     *reporter
	background sync.WaitGroup // opening and draining that Shutdown waits for
	metrics    interface{ Unregister() error }
	reloading  chan struct{} // held by the reload that is going on

	mu       sync.Mutex
	ledgers  map[string]*ledger.Ledger           // by name
	others   ledger.Snapshot                     // sums of ledgers that are no longer in there
	draining map[*connection.Connection]struct{} // connections that a reload has removed
	hung     map[*connection.Connection]struct{} // gone ones whose exporter still has what they claim
	shut     bool
	stopped  chan struct{} // closed when Shutdown has its result
	stopErr  error
	drains   context.Context // of those who drain
	cutDrain context.CancelFunc
}

// New opens all connections, in their order, and returns a Fanout that is ready to be
// registered with a TracerProvider. If anything is wrong, what was opened is shut down
// again and the error tells everything, each connection by its name. ctx bounds the
// opening only. No connections at all is allowed: a Reload may bring some.
func New(ctx context.Context, o Options, conns ...ConnectionConfig) (*Fanout, error) {
	f := &Fanout{
		made:      time.Now(),
		options:   o.normalized(),
		ledgers:   make(map[string]*ledger.Ledger),
		reloading: make(chan struct{}, 1),
		draining:  make(map[*connection.Connection]struct{}),
		hung:      make(map[*connection.Connection]struct{}),
		stopped:   make(chan struct{}),
	}
	f.hold = hold.New(f.options.Traces)
	f.report = newReporter(f)
	f.env = connection.Environment{Notify: f.report.notify}
	f.drains, f.cutDrain = context.WithCancel(context.Background())
	if err := f.Reload(ctx, conns...); err != nil {
		f.cutDrain()
		return nil, err
	}
	f.report.start() //nolint:contextcheck // ctx is for opening only
	if err := askMeterProvider(ctx, func() error { return f.observe(f.options.MeterProvider) }); err != nil {
		return nil, errors.Join(fmt.Errorf("metrics: %w", err), f.Shutdown(ctx))
	}
	return f, nil
}

// OnEnd offers s to every connection. It blocks only where a connection's [Overflow] says
// so. After Shutdown it only counts.
func (f *Fanout) OnEnd(s sdktrace.ReadOnlySpan) {
	list := f.conns.Load()
	if list == nil {
		return
	}
	o, ok := f.offers.Get().(*offer)
	if !ok {
		o = new(offer)
	}
	f.reader.ReadFor(&o.Span, s, list.wantsDuration)
	again := f.twice.isRepeated(&o.Span.Context)
	if !again {
		f.options.Notes.Ended(&o.Span)
		f.open.end(o.Span.Context.SpanID())
	}
	switch {
	case again:
	case list.closed:
		f.late.Add(recordedAt(&o.Span))
	case list.early != nil:
		list.early.Add(recordedAt(&o.Span))
	case o.Span.Export:
		f.refuse(list, &o.Span)
		if list.traced != nil {
			f.hold.Skip(&o.Span)
		}
	default:
		for next := 0; next < len(list.members); {
			next = list.offer(o, next)
		}
		if list.traced != nil {
			f.holdEnd(list, o)
		}
		if o.MustWait() {
			o.Wait()
		}
	}
	o.Forget()
	f.offers.Put(o)
}

// waitForOpening waits for what a reload has left in the background: draining, which the end of ctx
// cuts short, and opening, which a driver may do without heeding anything.
func (f *Fanout) waitForOpening(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		f.background.Wait()
		close(done)
	}()
	if _, ok := safecall.Await(ctx, done); !ok {
		return errors.New("a connection of the last reload is still being opened: its driver has not returned")
	}
	return nil
}

// ForceFlush exports, on all connections at once, every span that has ended before, and
// those of connections that a reload is still draining. It waits until ctx ends, or for the
// shutdown timeout if ctx has no deadline; a connection that isn't done by then goes on. The
// error says so, and has a [*LossError] with what was lost and not told yet. After Shutdown it
// does nothing.
func (f *Fanout) ForceFlush(ctx context.Context) error {
	list := f.conns.Load()
	if list == nil || list.closed {
		return nil
	}
	ctx, cancel := f.bounded(ctx)
	defer cancel()
	f.tellHeld() //nolint:contextcheck // a log line is no part of the flush
	err := each(f.alive(list), func(c *connection.Connection) error { return c.ForceFlush(ctx) })
	return errors.Join(err, f.takeLosses(false))
}

// bounded returns ctx with a deadline.
func (f *Fanout) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, f.options.ShutdownTimeout)
}

// Shutdown exports what has ended and shuts all exporters down, all connections at once. After
// half of the time, those with a spool stop sending and keep the rest. At the end of ctx, or of
// the shutdown timeout if ctx has no deadline, exports are canceled and later ones refused: the
// numbers are final. It returns at most some 50 ms later, even if an exporter doesn't. The error
// has a [*LossError] with what was lost and not told yet. Further calls wait for the first and
// return its result.
func (f *Fanout) Shutdown(ctx context.Context) error {
	f.mu.Lock()
	t := f.conns.Load()
	first := !f.shut && t != nil
	f.shut = true
	if first {
		f.conns.Store(t.afterShutdown())
	}
	f.mu.Unlock()
	if t == nil {
		return nil
	}
	if first {
		f.stopErr = f.stop(ctx, t)
		close(f.stopped)
		return f.stopErr
	}
	select {
	case <-f.stopped:
		return f.stopErr
	case <-ctx.Done():
		return fmt.Errorf("still shutting down: %w", ctx.Err())
	}
}

func (f *Fanout) stop(ctx context.Context, t *connections) error {
	ctx, done := f.bounded(ctx)
	defer done()
	unwatch := context.AfterFunc(ctx, f.cutDrain)
	f.hold.Shutdown()
	err := each(f.alive(t), func(c *connection.Connection) error { return c.Finish(ctx) })
	err = errors.Join(err, f.waitForOpening(ctx))
	unwatch()
	f.cutDrain()
	f.freeze()
	err = errors.Join(err, f.takeLosses(true))
	ctx, cancel := context.WithTimeout(ctx, lastPatience)
	defer cancel()
	err = errors.Join(err, f.unregister(ctx))
	f.report.stop(ctx)
	return err
}

// freeze makes the numbers of connections final whose exports have not returned.
func (f *Fanout) freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.hung {
		c.Freeze()
	}
}

// lastPatience bounds what Shutdown waits for others who heed no context: a log handler, a
// meter provider.
const lastPatience = 5 * time.Second

func (f *Fanout) isShut() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.shut
}

// alive returns the connections of t and those that are being drained.
func (f *Fanout) alive(t *connections) []*connection.Connection {
	f.mu.Lock()
	defer f.mu.Unlock()
	conns := make([]*connection.Connection, 0, len(t.members)+len(f.draining))
	for i := range t.members {
		conns = append(conns, t.members[i].conn)
	}
	for c := range f.draining {
		conns = append(conns, c)
	}
	return conns
}

// each calls do for all conns at once and joins the errors in their order.
func each(conns []*connection.Connection, do func(*connection.Connection) error) error {
	errs := make([]error, len(conns))
	var group sync.WaitGroup
	for i, c := range conns {
		group.Go(func() { errs[i] = do(c) })
	}
	group.Wait()
	return errors.Join(errs...)
}
