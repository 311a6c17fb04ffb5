package connection

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// export is one call of ExportSpans or SpoolSpans. Its goroutine lives as long as the exporter
// needs; everybody else stops waiting when it is abandoned.
type export struct {
	c        *Connection
	batch    batch
	queue    *queue    // that the spans came from; nil if a caller exports one
	began    time.Time // to wait for the exporter
	called   time.Time
	done     chan struct{} // closed when finished or abandoned
	state    exportState   // guarded by the account's updates
	tellings uint64        // of losses, when it was abandoned; likewise
	timer    *time.Timer
	waits    atomic.Bool // for its destination, which takes nothing
	excused  atomic.Bool // it was overdue once while its destination took nothing
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

// export starts an export, or a call of the spool if the spans come from its queue. For an
// export, the caller holds the token, which goes over to it.
func (c *Connection) export(b batch, from *queue, began time.Time) *export {
	x := &export{c: c, batch: b, queue: from, began: began, called: time.Now(), done: make(chan struct{})}
	ctx, cancel := context.WithTimeoutCause(c.sending, c.cfg.ExportTimeout, errExportTimeout)
	patience := x.patience()
	if x.spools() {
		patience = MaxDuration
		ctx, cancel = context.WithTimeoutCause(c.ctx, c.cfg.ExportTimeout, errExportTimeout)
	} else {
		c.running.Store(x)
		c.account.Ledger().Inflight.Add(int64(len(b.spans)))
	}
	c.env.Inside.begin()
	x.timer = time.AfterFunc(MaxDuration, x.overdue)
	x.timer.Reset(patience) // from here on, so that overdue finds the timer
	x.unwatch = context.AfterFunc(c.ctx, func() { x.grace.Store(time.AfterFunc(safecall.Grace, x.abandon)) })
	go x.run(ctx, cancel)
	return x
}

// spools reports whether the spans are for the spool.
func (x *export) spools() bool { return x.queue != nil && x.queue == x.c.spool }

func (x *export) run(ctx context.Context, cancel context.CancelFunc) {
	n := len(x.batch.spans)
	r, panicked := report.Result{Failed: n, Err: errors.New("the driver ended the goroutine of its export")}, false
	defer func() {
		if p := recover(); p != nil {
			r, panicked = report.Result{Failed: n, Err: fmt.Errorf("the driver panicked: %v", p)}, true
		}
		cancel()
		x.finish(r, panicked)
	}()
	r = report.Read(x.call(ctx), n)
	for r.Barred && x.awaitGate() {
		again, stop := context.WithTimeoutCause(x.c.sending, x.c.cfg.ExportTimeout, errExportTimeout)
		r = report.Read(x.call(again), n) //nolint:contextcheck // the time of ctx is up, but not that of the connection
		stop()
	}
}

// awaitGate waits until the destination of spans that it didn't let in takes something from us
// again. Meanwhile the export isn't overdue. It reports false for spans of a caller who waits, and
// if the connection is shut down first.
func (x *export) awaitGate() bool {
	e := x.c.slot.load()
	if e == nil || !x.mayWait() || x.abandoned() {
		return false
	}
	x.waits.Store(true)
	x.timer.Stop()
	admitted := e.spool.Admit(x.c.sending)
	x.waits.Store(false)
	x.excused.Store(false)
	x.timer.Reset(x.patience())
	return admitted
}

// mayWait reports whether nobody waits for the export, so that it can wait for its destination.
func (x *export) mayWait() bool { return x.queue == x.c.queue }

// overdue abandons the export. If its destination takes nothing, the exporter gets the time once
// more to say so, because on a busy machine it may notice the end of its time late.
func (x *export) overdue() {
	if x.waits.Load() {
		return
	}
	if x.mayWait() && x.c.barred() != nil && x.excused.CompareAndSwap(false, true) {
		x.timer.Reset(x.patience())
		return
	}
	x.abandon()
}

// patience is a little longer than the context of an export lasts, so that an exporter which heeds
// it is never abandoned.
func (x *export) patience() time.Duration {
	timeout := x.c.cfg.ExportTimeout
	return timeout + min(timeout/20, 50*time.Millisecond)
}

func (x *export) call(ctx context.Context) error {
	if !x.spools() {
		e, err := x.c.use(ctx)
		if err != nil {
			return err
		}
		return e.ExportSpans(ctx, x.batch.spans)
	}
	e, err := x.c.awaitExporter()
	if err != nil {
		return err
	}
	return e.spool.SpoolSpans(ctx, x.batch.spans)
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
	if x.spools() {
		x.finishSpool(r.Err)
		return
	}
	now := time.Now()
	late, recovered := false, false
	c.account.Update(func(t *ledger.Totals) {
		late = x.state == exportAbandoned
		if c.frozen { // the numbers have been told and are final
			x.giveUp(t, now)
			return
		}
		x.state = exportFinished
		wasBad := t.Delivery.Bad()
		if late {
			t.BookLate(x.batch.total, &r, x.tellings, now)
		} else {
			t.Count(x.batch.total.Spans, r.Failed > 0)
			t.Book(x.batch.total, &r, now)
		}
		recovered = wasBad && !t.Delivery.Bad()
		if panicked && t.Delivery.Panic == nil {
			t.Delivery.Panic = r.Err
		}
		t.LastExport, t.LastBatch = now.Sub(x.called), now.Sub(x.began)
	})
	c.account.Ledger().Inflight.Add(-int64(len(x.batch.spans)))
	c.running.CompareAndSwap(x, nil)
	c.HandBack()
	if late {
		c.progress.note()
	} else {
		c.settled(&x.batch, x.queue)
		close(x.done)
	}
	if r.Failed > 0 || panicked || recovered || c.queue.load() > notifyLoad {
		c.env.Notify()
	}
}

// finishSpool books what the spool has taken, unless the connection was shut down meanwhile.
func (x *export) finishSpool(err error) {
	c := x.c
	late := false
	c.account.Update(func(t *ledger.Totals) {
		if late = x.state == exportAbandoned; late {
			return
		}
		x.state = exportFinished
		if err == nil {
			t.Spooled = t.Spooled.Plus(x.batch.total)
		}
	})
	if late {
		return
	}
	if err != nil {
		c.account.RefuseSpool(x.batch.total, fmt.Errorf("spool: %w", err))
		c.env.Notify()
	}
	c.settled(&x.batch, x.queue)
	close(x.done)
}

func (x *export) abandoned() (is bool) {
	x.c.account.Update(func(*ledger.Totals) { is = x.state == exportAbandoned })
	return is
}

// abandon ends the wait for the export, unless it has finished.
func (x *export) abandon() {
	gaveUp := false
	now := time.Now()
	x.c.account.Update(func(t *ledger.Totals) { gaveUp = x.giveUp(t, now) })
	if !gaveUp {
		return
	}
	if x.spools() {
		x.c.account.RefuseSpool(x.batch.total, fmt.Errorf("spool: %w", errAbandoned))
	}
	x.c.settled(&x.batch, x.queue)
	close(x.done)
	x.c.env.Notify()
}

// giveUp books a running export as abandoned. The caller updates the account.
func (x *export) giveUp(t *ledger.Totals, now time.Time) bool {
	if x.state != exportRunning {
		return false
	}
	x.state, x.tellings = exportAbandoned, t.Tellings
	if !x.spools() {
		t.Abandon(x.batch.total, errAbandoned, now)
	}
	return true
}
