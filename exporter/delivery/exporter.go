package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/exporter/report"
)

// SpooledBudget is how long a batch is retried before it goes to disk, which is the better
// place to wait.
const SpooledBudget = 2 * time.Second

var errShutdown = errors.New("the exporter is shut down")

// Config says what an [Exporter] is made of. Nothing but the zero Options may be left out.
type Config struct {
	// Driver is the name of the driver, and Target what may be shown of the destination.
	Driver, Target string
	// Transport makes single attempts. The exporter owns it.
	Transport Transport
	// Encode turns spans, of which there is at least one, into the body of one request. Nil spans are
	// left out of it, and so are those that can't be sent: the error says why, and the batch has that
	// many spans less. A batch without spans isn't sent. Encode is called by several goroutines at once.
	Encode func(spans []sdktrace.ReadOnlySpan) (Batch, error)
	// Redact makes Encode redact spans; nil if it can't. It is called before the first Encode.
	Redact func(*redact.Redactor)
	// Options are how it is sent.
	Options
}

// Store keeps batches that can't be delivered now. Package spool has one on disk.
type Store interface {
	// Deliver sends or keeps a batch, and returns nil or a [*report.Result].
	Deliver(ctx context.Context, b Batch) error
	// Put keeps a batch without trying to send it.
	Put(b Batch) error
	// Close ends the store. It returns soon after ctx is done.
	Close(ctx context.Context) error
}

// Exporter is a network exporter: it encodes spans, delivers them, and retries. Its methods are safe
// for concurrent use.
type Exporter struct {
	config   Config
	redactor atomic.Pointer[redact.Redactor]
	sender   *Sender
	store    Store // nil without one

	stop     context.Context // ends the exports that Shutdown finds
	cancel   context.CancelFunc
	mu       sync.RWMutex // held for reading by exports: Shutdown waits for them
	closed   bool
	shutdown sync.Once
	err      error
}

// New returns an exporter. It connects to nothing yet: a destination that is down doesn't keep a
// process from starting. The end of ctx doesn't end the exporter.
func New(ctx context.Context, c Config) *Exporter {
	e := &Exporter{config: c, sender: NewSender(c.Transport, c.Options)}
	e.stop, e.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return e
}

// Sender returns what sends the batches of e.
func (e *Exporter) Sender() *Sender { return e.sender }

// Keep lets s, which e owns from now on, take what can't be delivered. Call it before the first
// export.
func (e *Exporter) Keep(s Store) { e.store = s }

// Redact makes the exporter redact spans with r, if its Encode can do so and doesn't redact with another
// one. It implements [redact.Writer].
func (e *Exporter) Redact(r *redact.Redactor) bool {
	if e.config.Redact == nil || !e.redactor.CompareAndSwap(nil, r) {
		return false
	}
	e.config.Redact(r)
	return true
}

// ExportSpans delivers spans and returns nil or a [*report.Result]. It blocks until they are
// delivered, given up or stored, and returns soon after ctx is done. After Shutdown it returns nil
// and does nothing.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	deliver := e.sender.Deliver
	if e.store != nil {
		deliver = e.store.Deliver
	}
	err := e.run(ctx, spans, func(ctx context.Context, b Batch, refused error) error {
		if b.Spans == 0 {
			return e.result(spans, b, nil, refused)
		}
		return e.result(spans, b, deliver(ctx, b), refused)
	})
	if errors.Is(err, errShutdown) {
		return nil
	}
	return err
}

// Put puts spans into the store without trying to deliver them. A nil error means that all of them
// are there, any other that none is. The exporter must have a store.
func (e *Exporter) Put(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return e.run(ctx, spans, func(_ context.Context, b Batch, refused error) error {
		if refused != nil {
			return e.result(spans, Batch{}, nil, refused)
		}
		return e.store.Put(b)
	})
}

// run encodes spans and calls f with the batch, and with a context that ends with ctx or at Shutdown.
func (e *Exporter) run(ctx context.Context, spans []sdktrace.ReadOnlySpan, f func(context.Context, Batch, error) error) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return errShutdown
	}
	if len(spans) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.stop, cancel)() //nolint:contextcheck // the end of the exporter ends its exports
	b, refused := e.config.Encode(spans)
	if b.Recycle != nil && e.store == nil { // a store keeps bodies
		b.readers = new(atomic.Int64)
		defer b.recycle()
	}
	return f(ctx, b, refused)
}

// result adds the spans that were refused because they can't be sent to what became of batch b.
func (e *Exporter) result(spans []sdktrace.ReadOnlySpan, b Batch, delivery, refused error) error {
	if refused == nil {
		return delivery
	}
	r := report.Read(delivery, b.Spans)
	for _, s := range spans {
		if s != nil {
			r.Failed++
		}
	}
	r.Failed -= b.Spans
	r.Err = fmt.Errorf("encoding for %s: %w", e.config.Target, refused)
	if delivery != nil {
		r.Err = fmt.Errorf("%w; and %w", delivery, r.Err)
	}
	return &r
}

// Resent returns how many spans were sent again after an attempt whose answer was lost. The
// destination may have them twice.
func (e *Exporter) Resent() int64 { return e.sender.Resent() }

// Barred returns why the destination takes nothing from us, nil if it does; see [report.Gate].
func (e *Exporter) Barred() error { return e.sender.Barred() }

// Admit waits while [Exporter.Barred] returns an error, as [report.Gate] says.
func (e *Exporter) Admit(ctx context.Context) bool { return e.sender.Admit(ctx) }

// String returns the driver and the destination, without secrets.
func (e *Exporter) String() string { return e.config.Driver + " " + e.config.Target }

// MarshalLog returns what a log may say about e.
func (e *Exporter) MarshalLog() any {
	return struct{ Type, Target string }{e.config.Driver, e.config.Target}
}

var _ report.Gate = (*Exporter)(nil)

// Shutdown ends running exports, which then fail or go to the store, and closes everything. It
// returns soon after ctx is done. Later calls return the same result.
func (e *Exporter) Shutdown(ctx context.Context) error {
	e.shutdown.Do(func() {
		e.cancel()
		errs := []error{e.close(ctx)}
		if e.store != nil {
			errs = append(errs, e.store.Close(ctx))
		}
		e.err = errors.Join(append(errs, e.sender.Close())...)
	})
	return e.err
}

// close refuses further exports and waits for those that run.
func (e *Exporter) close(ctx context.Context) error {
	if e.mu.TryLock() { // nothing runs: a context that is done already is no reason to fail
		e.closed = true
		e.mu.Unlock()
		return nil
	}
	idle := make(chan struct{})
	go func() {
		e.mu.Lock()
		e.closed = true
		e.mu.Unlock()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("an export to %s is still running: %w", e.config.Target, context.Cause(ctx))
	}
}
