package processor

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/exporter/report"
)

// conn is one generation of a connection: a gate, a batcher and an exporter.
type conn struct {
	cfg  ConnectionConfig // sanitized
	acct *account
	env  *environment
	made time.Time

	gate      gate
	changes   changes
	batcher   sdktrace.SpanProcessor
	successor atomic.Pointer[conn] // set before the gate closes, if there is one

	// token is held by who calls the exporter, so that it is never called twice at once. A
	// connection that waits to be opened holds it itself.
	token    chan struct{}
	exporter atomic.Pointer[opened] // nil until opened
	openErr  atomic.Pointer[brief]  // of the last attempt
	reopen   time.Time              // not before; guarded by token

	ctx    context.Context // of all exports; canceled when nothing may be exported any more
	cancel context.CancelCauseFunc
	// sending is ctx, canceled earlier where an exporter has a spool: see spoolFrom.
	sending     context.Context
	stopSending context.CancelCauseFunc

	moves   atomic.Uint64 // how often anything came back
	moved   signal
	broken  atomic.Uint64 // moves+1 when somebody waited in vain
	running atomic.Pointer[call]
	direct  atomic.Int64 // spans in flight that hold no credit
	spill   spill
	rounds  rounds

	stop      sync.Once
	stopped   chan struct{} // closed when shutdown has its result
	stopErr   error
	frozen    bool          // guarded by acct.mu: the numbers are final
	lateClose atomic.Bool   // shut the exporter down when the token comes back
	released  chan struct{} // closed when the exporter has been shut down
}

// environment is what connections need of their Fanout.
type environment struct {
	report *reporter
	reader decision.Reader
	group  sync.WaitGroup // background work that Shutdown waits for
}

// opened is an exporter and what else it can do.
type opened struct {
	sdktrace.SpanExporter
	spool report.Spool
}

// Why exports end early.
var (
	errRefused       = errors.New("not tried: the connection had been shut down")
	errSpoolInstead  = errors.New("half of the time to shut down was over: the rest is kept, not sent")
	errCut           = errors.New("the time to shut down was over before the export had returned")
	errExportTimeout = errors.New("the export timeout has passed")
	errAbandoned     = errors.New("the export has not returned")
)

// newConn makes a connection that has no exporter yet and holds its own token.
func newConn(cfg ConnectionConfig, acct *account, env *environment) *conn {
	cfg = cfg.sanitized()
	cfg.Decider, cfg.Explain = nil, nil // in the entry: they may be swapped
	c := &conn{
		cfg:      cfg,
		acct:     acct,
		env:      env,
		made:     time.Now(),
		gate:     newGate(cfg.QueueSize),
		token:    make(chan struct{}, 1),
		stopped:  make(chan struct{}),
		released: make(chan struct{}),
	}
	c.token <- struct{}{}
	c.rounds.told = *acct.settled.Load()
	c.ctx, c.cancel = context.WithCancelCause(decision.ExportContext(context.Background()))
	c.sending, c.stopSending = context.WithCancelCause(c.ctx)
	return c
}

// begin lets spans in; they wait until the connection is opened.
func (c *conn) begin() {
	c.acct.join(c)
	// All four are passed: the environment would set them for every connection otherwise.
	// One place more than there are credits, for the marker of a flush.
	c.batcher = sdktrace.NewBatchSpanProcessor(batchExporter{c},
		sdktrace.WithMaxQueueSize(c.cfg.QueueSize+1),
		sdktrace.WithMaxExportBatchSize(c.cfg.BatchSize),
		sdktrace.WithBatchTimeout(c.cfg.Schedule),
		sdktrace.WithExportTimeout(0))
}

// acquire waits for the token; false if done is closed or the connection has been shut
// down first.
func (c *conn) acquire(done <-chan time.Time) bool {
	if c.ctx.Err() != nil {
		return false
	}
	select {
	case c.token <- struct{}{}:
		if c.ctx.Err() != nil {
			c.handBack()
			return false
		}
		return true
	case <-done:
		return false
	case <-c.ctx.Done():
		return false
	}
}

// progress says that something has come back.
func (c *conn) progress() {
	c.moves.Add(1)
	c.moved.broadcast()
}

// pending returns how many spans are on their way, counted by those who carry them.
func (c *conn) pending() uint64 { return c.gate.pending() + uint64(max(c.direct.Load(), 0)) }
