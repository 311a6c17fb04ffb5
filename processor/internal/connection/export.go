package connection

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// export is one call of ExportSpans. Its goroutine lives as long as the exporter needs;
// everybody else stops waiting when it is abandoned.
type export struct {
	c        *Connection
	total    ledger.Tally
	credited bool
	began    time.Time // to wait for the exporter
	called   time.Time
	done     chan struct{} // closed when finished or abandoned
	state    exportState   // guarded by the ledger's updates
	timer    *time.Timer
	unwatch  func() bool
	grace    atomic.Pointer[time.Timer]
}

type exportState uint8

const (
	exportRunning exportState = iota
	exportAbandoned
	exportFinished
)

// notifyLoad is the load from which on a dynamic factor may change.
const notifyLoad = 0.5

// export starts an export. The caller holds the token, which goes over to the export.
func (c *Connection) export(batch []sdktrace.ReadOnlySpan, total ledger.Tally, began time.Time, credited bool) *export {
	x := &export{c: c, total: total, credited: credited, began: began, called: time.Now(), done: make(chan struct{})}
	ctx, cancel := context.WithTimeoutCause(c.sending, c.cfg.ExportTimeout, errExportTimeout)
	// A little later than the context, so that an exporter which heeds it is never abandoned.
	x.timer = time.AfterFunc(c.cfg.ExportTimeout+min(c.cfg.ExportTimeout/20, 50*time.Millisecond), x.abandon)
	x.unwatch = context.AfterFunc(c.ctx, func() { x.grace.Store(time.AfterFunc(safecall.Grace, x.abandon)) })
	c.running.Store(x)
	c.ledger.Inflight.Add(int64(total.Spans))
	go x.run(ctx, cancel, batch)
	return x
}

func (x *export) run(ctx context.Context, cancel context.CancelFunc, batch []sdktrace.ReadOnlySpan) {
	r, panicked := report.Result{Failed: len(batch), Err: errors.New("the driver ended the goroutine of its export")}, false
	defer func() {
		if p := recover(); p != nil {
			r, panicked = report.Result{Failed: len(batch), Err: fmt.Errorf("the driver panicked: %v", p)}, true
		}
		cancel()
		x.finish(r, panicked)
	}()
	e, err := x.c.use(ctx)
	if err == nil {
		err = e.ExportSpans(ctx, batch)
	}
	r = report.Read(err, len(batch))
}

// finish books the result, early or late, and gives the token back.
func (x *export) finish(r report.Result, panicked bool) {
	c := x.c
	x.timer.Stop()
	x.unwatch()
	if t := x.grace.Load(); t != nil {
		t.Stop()
	}
	if r.Err != nil {
		r.Err = shorten(r.Err)
	}
	now := time.Now()
	late, recovered := false, false
	c.ledger.Update(func(t *ledger.Totals) {
		late = x.state == exportAbandoned
		if c.frozen { // the numbers have been told and are final
			x.giveUp(t, now)
			return
		}
		x.state = exportFinished
		if late {
			t.Abandoned = t.Abandoned.Minus(x.total)
		} else {
			t.Count(x.total.Spans, r.Failed > 0)
		}
		wasBad := t.Delivery.Bad()
		t.Book(x.total, &r, now)
		if panicked && t.Delivery.Panic == nil {
			t.Delivery.Panic = r.Err
		}
		recovered = wasBad && !t.Delivery.Bad()
		t.LastExport, t.LastBatch = now.Sub(x.called), now.Sub(x.began)
	})
	c.ledger.Inflight.Add(-int64(x.total.Spans))
	c.running.CompareAndSwap(x, nil)
	c.handBack()
	if late {
		c.progress.note()
	} else {
		c.settled(x.total.Spans, x.credited)
		close(x.done)
	}
	if r.Failed > 0 || panicked || recovered || c.gate.load() > notifyLoad {
		c.env.Notify()
	}
}

// abandon ends the wait for the export, unless it has finished.
func (x *export) abandon() {
	gaveUp := false
	now := time.Now()
	x.c.ledger.Update(func(t *ledger.Totals) { gaveUp = x.giveUp(t, now) })
	if gaveUp {
		x.c.settled(x.total.Spans, x.credited)
		close(x.done)
		x.c.env.Notify()
	}
}

// giveUp books a running export as abandoned. The caller updates the ledger.
func (x *export) giveUp(t *ledger.Totals, now time.Time) bool {
	if x.state != exportRunning {
		return false
	}
	x.state = exportAbandoned
	t.Abandon(x.total, errAbandoned, now)
	return true
}
