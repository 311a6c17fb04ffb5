package connection

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// Connection is one generation of a connection. Make it with [New].
type Connection struct {
	cfg    Config // normalized
	ledger *ledger.Ledger
	env    *Environment
	made   time.Time

	// The queue.
	gate       gate
	copies     copyCache
	batcher    sdktrace.SpanProcessor
	successor  atomic.Pointer[Connection] // set before the gate closes, if there is one
	uncredited atomic.Int64               // spans in flight that hold no credit
	spool      spoolQueue
	flushes    flushes
	progress   progress

	// The export.
	exporter exporterSlot
	running  atomic.Pointer[export]
	ctx      context.Context // of all exports; canceled when nothing may be exported any more
	cancel   context.CancelCauseFunc
	// sending is ctx, canceled earlier where an exporter has a spool: see spoolAtHalf.
	sending     context.Context
	stopSending context.CancelCauseFunc

	// The end.
	stopping atomic.Bool
	stopped  chan struct{} // closed when Shutdown has its result
	stopErr  error
	frozen   bool // guarded by the ledger's updates: the numbers are final
}

// Environment is what all connections share.
type Environment struct {
	Reader *decision.Reader
	// Notify says that there may be something to log. It must not block.
	Notify func()
}

// Why exports end early.
var (
	errRefused       = errors.New("not tried: the connection had been shut down")
	errSpoolInstead  = errors.New("half of the time to shut down was over: the rest is kept, not sent")
	errCut           = errors.New("the time to shut down was over before the export had returned")
	errExportTimeout = errors.New("the export timeout has passed")
	errAbandoned     = errors.New("the export has not returned")
)

// New makes a connection that has no exporter yet and holds its own token. Call Open or
// OpenAfter, and Begin.
func New(cfg Config, l *ledger.Ledger, env *Environment) *Connection {
	cfg = cfg.normalized()
	c := &Connection{
		cfg:      cfg,
		ledger:   l,
		env:      env,
		made:     time.Now(),
		gate:     newGate(cfg.QueueSize),
		exporter: exporterSlot{token: make(chan struct{}, 1), released: make(chan struct{})},
		stopped:  make(chan struct{}),
	}
	c.exporter.token <- struct{}{}
	c.flushes.told = l.Totals()
	c.ctx, c.cancel = context.WithCancelCause(decision.ExportContext(context.Background()))
	c.sending, c.stopSending = context.WithCancelCause(c.ctx)
	return c
}

// Begin lets spans in; they wait until the connection is opened.
func (c *Connection) Begin() {
	c.ledger.Join(c)
	// All four are passed: the environment would set them for every connection otherwise.
	// One place more than there are credits, for the marker of a flush.
	c.batcher = sdktrace.NewBatchSpanProcessor(batchExporter{c},
		sdktrace.WithMaxQueueSize(c.cfg.QueueSize+1),
		sdktrace.WithMaxExportBatchSize(c.cfg.BatchSize),
		sdktrace.WithBatchTimeout(c.cfg.Schedule),
		sdktrace.WithExportTimeout(0))
}

// Succeed names the connection that gets the spans of those who find the gate closed. It
// comes before Shutdown.
func (c *Connection) Succeed(next *Connection) { c.successor.Store(next) }

// Name returns the connection's name.
func (c *Connection) Name() string { return c.cfg.Name }

// Ledger returns where the connection's numbers are.
func (c *Connection) Ledger() *ledger.Ledger { return c.ledger }

// Load returns how full the part of the queue for ordinary spans is, 0 to 1.
func (c *Connection) Load() float64 { return c.gate.load() }

// QueueSize returns how many spans may wait or be exported at once.
func (c *Connection) QueueSize() int { return c.cfg.QueueSize }

// Claims, Entered, Opened and Spool make a Connection a [ledger.Generation].

// Claims returns what the exporter must have for itself.
func (c *Connection) Claims() []string { return c.cfg.Claims }

// Entered returns how many spans the queue has ever let in.
func (c *Connection) Entered() uint64 { return c.gate.entered() }

// Opened reports whether the connection has an exporter.
func (c *Connection) Opened() bool { return c.exporter.load() != nil }

// Health says how the connection is doing.
func (c *Connection) Health(now time.Time) ledger.Health {
	s := ledger.Status{Made: c.made, Patience: max(slowExport, c.cfg.ExportTimeout/3)}
	if !c.Opened() {
		s.NotOpen = c.whyNotOpen()
	}
	if k := c.running.Load(); k != nil {
		s.Running, s.RunningSince = k.total.Spans, k.called
	}
	return c.ledger.Health(&s, now)
}

// slowExport is how long an export may take without being called slow, if its timeout is so
// long that a third of it is more.
const slowExport = 5 * time.Second

// pending returns how many spans are on their way, counted by those who carry them.
func (c *Connection) pending() uint64 {
	return c.gate.pending() + uint64(max(c.uncredited.Load(), 0))
}
