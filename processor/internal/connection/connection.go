package connection

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// Connection is one generation of a connection. Make it with [New].
type Connection struct {
	cfg     Config // normalized
	account *ledger.Account
	env     *Environment
	made    time.Time

	// The queues.
	queue *queue
	// barredSince is when somebody first saw that the destination takes nothing from us, in Unix
	// nanoseconds; 0 if it does.
	barredSince atomic.Int64

	backlog   backlog
	copies    copyCache
	spool     *queue                     // before the exporter's spool, where that is the overflow
	successor atomic.Pointer[Connection] // set before the gate closes, if there is one
	direct    atomic.Uint64              // spans that callers have exported themselves, ever
	exporting atomic.Int64               // of those, in flight
	flushes   flushes
	progress  progress

	// The export.
	slot    exporterSlot
	running atomic.Pointer[export]
	ctx     context.Context // of all exports; canceled when nothing may be exported any more
	cancel  context.CancelCauseFunc
	// sending is ctx, canceled earlier where an exporter has a spool: see spoolAtHalf.
	sending     context.Context
	stopSending context.CancelCauseFunc

	// The end.
	waiting  atomic.Bool   // KeepOpening is at it
	closing  chan struct{} // closed when Shutdown begins
	stopping atomic.Bool
	final    atomic.Bool
	stopped  chan struct{} // closed when Shutdown has its result
	stopErr  error
	frozen   bool // guarded by the account's updates: the numbers are final
}

// Environment is what all connections share.
type Environment struct {
	// Notify says that there may be something to log. It must not block.
	Notify func()
	Inside Inside

	asIs copyCache // of spans that say themselves what the verdict does
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
		cfg:     cfg,
		env:     env,
		made:    time.Now(),
		slot:    exporterSlot{token: make(chan struct{}, 1), released: make(chan struct{})},
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	c.slot.token <- struct{}{}
	c.account = l.NewAccount(c)
	c.ctx, c.cancel = context.WithCancelCause(decision.ExportContext(context.Background()))
	c.sending, c.stopSending = context.WithCancelCause(c.ctx)
	return c
}

// Begin lets spans in; they wait until the connection is opened.
func (c *Connection) Begin() {
	c.queue = newQueue(&c.cfg, c.cfg.QueueSize, batchExporter{c})
	if c.cfg.Overflow == OverflowSpool {
		c.spool = newQueue(&c.cfg, 2*c.cfg.BatchSize, spoolExporter{c}) // one goes out, one collects
		c.spool.ordinary = c.spool.capacity
	}
	c.account.Join()
}

// Succeed names the connection that gets the spans of those who find the gate closed. It
// comes before Shutdown.
func (c *Connection) Succeed(next *Connection) { c.successor.Store(next) }

// Name returns the connection's name.
func (c *Connection) Name() string { return c.cfg.Name }

// Account returns where the connection's numbers are.
func (c *Connection) Account() *ledger.Account { return c.account }

// Notify says that there may be something to log about the connection.
func (c *Connection) Notify() { c.env.Notify() }

// Load returns how full the part of the queue for ordinary spans is, 0 to 1.
func (c *Connection) Load() float64 { return c.queue.load() }

// IsSync reports whether callers export their spans themselves.
func (c *Connection) IsSync() bool { return c.cfg.Sync }

// IsExporting reports whether an export is running.
func (c *Connection) IsExporting() bool { return c.running.Load() != nil }

// QueueSize returns how many spans may wait or be exported at once.
func (c *Connection) QueueSize() int { return c.cfg.QueueSize }

// Claims, Entered and Spool make a Connection a [ledger.Source].

// Claims returns what the exporter must have for itself.
func (c *Connection) Claims() []string { return c.cfg.Claims }

// Entered returns how many spans the connection has ever accepted.
func (c *Connection) Entered() uint64 {
	n := c.direct.Load() + c.queue.entered()
	if c.spool != nil {
		n += c.spool.entered()
	}
	return n
}

// Health says how the connection is doing, with that dynamic factor.
func (c *Connection) Health(factor float64, now time.Time) ledger.Health {
	s := ledger.Status{Made: c.made, Patience: max(slowExport, c.cfg.ExportTimeout/3), Factor: factor}
	if !c.opened() {
		s.NotOpen = c.whyNotOpen()
	}
	if k := c.running.Load(); k != nil {
		s.Running, s.RunningSince = k.batch.total.Spans, k.called
	}
	if err := c.barred(); err != nil {
		c.barredSince.CompareAndSwap(0, now.UnixNano())
		s.Barred, s.BarredSince = err.Error(), time.Unix(0, c.barredSince.Load())
	} else {
		c.barredSince.Store(0)
	}
	return c.account.Health(&s, now)
}

// slowExport is how long an export may take without being called slow, if its timeout is so
// long that a third of it is more.
const slowExport = 5 * time.Second

// pending returns how many spans are on their way, counted by those who carry them.
func (c *Connection) pending() uint64 {
	n := c.queue.pending() + uint64(max(c.exporting.Load(), 0))
	if c.spool != nil {
		n += c.spool.pending()
	}
	return n
}
