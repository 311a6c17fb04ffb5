package processor

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/internal/safecall"
)

// batchExporter is the exporter that the batcher sees.
type batchExporter struct{ c *conn }

// ExportSpans exports a copy of spans, since the batcher reuses its slice, and returns when
// the export has finished or was abandoned. It never returns an error: the batcher could
// only hand it to the global error handler.
func (e batchExporter) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	c := e.c
	began := time.Now()
	batch, total := c.env.exportedOf(spans)
	if !c.acquire(nil) {
		c.refuseAll(total, true)
		return nil
	}
	<-c.export(batch, total, began, true).done //nolint:contextcheck // the batcher's context says nothing; ours bounds the export
	return nil
}

// Shutdown does nothing: the connection shuts its exporter down itself, when no export is
// running.
func (batchExporter) Shutdown(context.Context) error { return nil }

// exportedOf returns what waited as it is exported, and what that stands for.
func (env *environment) exportedOf(spans []sdktrace.ReadOnlySpan) ([]sdktrace.ReadOnlySpan, tally) {
	batch := make([]sdktrace.ReadOnlySpan, len(spans))
	total := tally{spans: uint64(len(spans))}
	for i, s := range spans {
		switch q := s.(type) {
		case *queued:
			total.extra += surplus(q.change.threshold)
			batch[i] = q.exported()
		case *explained:
			total.extra += surplus(q.change.threshold)
			batch[i] = q.described()
		default:
			sc := s.SpanContext()
			total.extra += surplus(ownWeight(env.reader.State(sc.TraceState(), sc.TraceID())))
			batch[i] = s
		}
	}
	return batch, total
}

// refuseAll counts spans as failed that were never handed to the exporter.
func (c *conn) refuseAll(total tally, credits bool) {
	c.acct.settle(func(s *settled) {
		s.failed = s.failed.plus(total)
		s.untried += total.spans
	})
	c.returnSpans(total.spans, credits)
}

// returnSpans ends the way of n spans that have been settled.
func (c *conn) returnSpans(n uint64, credits bool) {
	if credits {
		c.gate.give(int(n))
	} else {
		c.direct.Add(-int64(n))
	}
	c.progress()
}

// call is one export. Its goroutine lives as long as the exporter needs; everybody else
// stops waiting when it is abandoned.
type call struct {
	c       *conn
	total   tally
	credits bool
	began   time.Time // waiting for the exporter
	called  time.Time
	done    chan struct{} // closed when finished or abandoned
	state   callState     // guarded by c.acct.mu
	timer   *time.Timer
	unwatch func() bool
	grace   atomic.Pointer[time.Timer]
}

type callState uint8

const (
	callRunning callState = iota
	callAbandoned
	callFinished
)

// export starts a call. The caller holds the token, which goes over to the call.
func (c *conn) export(batch []sdktrace.ReadOnlySpan, total tally, began time.Time, credits bool) *call {
	k := &call{c: c, total: total, credits: credits, began: began, called: time.Now(), done: make(chan struct{})}
	ctx, cancel := context.WithTimeoutCause(c.sending, c.cfg.ExportTimeout, errExportTimeout)
	// A little later than the context, so that an exporter which heeds it is never abandoned.
	k.timer = time.AfterFunc(c.cfg.ExportTimeout+min(c.cfg.ExportTimeout/20, 50*time.Millisecond), k.abandon)
	k.unwatch = context.AfterFunc(c.ctx, func() { k.grace.Store(time.AfterFunc(safecall.Grace, k.abandon)) })
	c.running.Store(k)
	c.acct.inflight.Add(int64(total.spans))
	go k.run(ctx, cancel, batch)
	return k
}

func (k *call) run(ctx context.Context, cancel context.CancelFunc, batch []sdktrace.ReadOnlySpan) {
	r := result{failed: k.total.spans, err: errors.New("the driver ended the goroutine of its export")}
	defer func() {
		if p := recover(); p != nil {
			r = result{failed: k.total.spans, panicked: true, err: fmt.Errorf("the driver panicked: %v", p)}
		}
		cancel()
		k.finish(r)
	}()
	e, err := k.c.use(ctx)
	if err == nil {
		err = e.ExportSpans(ctx, batch)
	}
	r = readResult(err, len(batch))
}

// finish settles the call, early or late, and gives the token back.
func (k *call) finish(r result) {
	c := k.c
	k.timer.Stop()
	k.unwatch()
	if t := k.grace.Load(); t != nil {
		t.Stop()
	}
	if r.err != nil {
		r.err = shorten(r.err)
	}
	now := time.Now()
	late, recovered := false, false
	c.acct.settle(func(s *settled) {
		late = k.state == callAbandoned
		if c.frozen { // the numbers have been told and are final
			if !late {
				k.giveUp(s, now)
			}
			return
		}
		k.state = callFinished
		if late {
			s.abandoned = s.abandoned.minus(k.total)
		}
		s.exported = s.exported.plus(k.total.share(r.exported))
		s.failed = s.failed.plus(k.total.share(r.failed))
		s.spooled = s.spooled.plus(k.total.share(r.spooled))
		s.lastExport, s.lastBatch = now.Sub(k.called), now.Sub(k.began)
		if !late {
			s.count(k.total.spans, r.failed > 0)
		}
		if r.panicked {
			s.panics++
		}
		recovered = s.outcome.bad()
		s.outcome.note(r, now)
		recovered = recovered && !s.outcome.bad()
	})
	c.acct.inflight.Add(-int64(k.total.spans))
	c.running.CompareAndSwap(k, nil)
	c.handBack()
	if late {
		c.progress()
	} else {
		c.returnSpans(k.total.spans, k.credits)
		close(k.done)
	}
	if r.failed > 0 || r.panicked || recovered || c.gate.load() > factorLoad {
		c.env.report.poke()
	}
}

// abandon gives up waiting for the call, unless it has finished.
func (k *call) abandon() {
	c := k.c
	gaveUp := false
	now := time.Now()
	c.acct.settle(func(s *settled) {
		if gaveUp = k.state == callRunning; !gaveUp {
			return
		}
		k.giveUp(s, now)
	})
	if !gaveUp {
		return
	}
	c.returnSpans(k.total.spans, k.credits)
	close(k.done)
	c.env.report.poke()
}

// giveUp books the call as abandoned. The caller settles.
func (k *call) giveUp(s *settled, now time.Time) {
	k.state = callAbandoned
	s.abandoned = s.abandoned.plus(k.total)
	s.everAbandoned += k.total.spans
	s.count(k.total.spans, true)
	s.outcome.note(result{failed: k.total.spans, err: errAbandoned}, now)
}
