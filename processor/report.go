package processor

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/internal/safelog"
)

const (
	// reportInterval is the time between two lines about the same connection and cause.
	reportInterval = 10 * time.Second
	// scanInterval is the time between two looks while something is being lost.
	scanInterval = time.Second
	// factorLoad is the load from which on a dynamic factor may change.
	factorLoad = 0.5
)

// reporter notices losses, on a goroutine of its own, and logs them on another one. The hot
// path only wakes it, which is one failed send to a channel if it is awake already.
type reporter struct {
	f       *Fanout
	lines   *safelog.Queue
	wake    chan struct{}
	quit    chan struct{}
	done    chan struct{}
	started atomic.Bool
}

// told is what has been said about an account.
type told struct {
	causes   [causes]line
	seen     uint64 // lost spans at the last look
	untried  uint64 // spans that have been told as never tried
	failing  bool   // a failed export has been told, and no recovery
	panicked bool
	factor   float64   // 0 is 1
	shedAt   time.Time // of the last line about a factor below 1
	shedding bool      // and none about its end
}

type line struct {
	count uint64
	at    time.Time
}

// shedding is a dynamic factor below 1, and since when there has been one.
type shedding struct {
	factor float64
	since  time.Time
}

// lossTime is when a connection dropped spans, to a second.
type lossTime struct{ since, last time.Time }

func newReporter(f *Fanout) *reporter {
	return &reporter{f: f, lines: safelog.NewQueue(f.options.Logger), wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
}

func (r *reporter) start() {
	r.started.Store(true)
	go r.run()
}

// poke says that something was lost. It never waits.
func (r *reporter) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// stop tells what hasn't been told and ends. A log handler that hangs is left behind.
func (r *reporter) stop(ctx context.Context) {
	if !r.started.Load() {
		return
	}
	close(r.quit)
	if _, ok := safecall.Await(ctx, r.done); ok {
		r.lines.Wait(ctx)
	}
}

func (r *reporter) run() {
	defer close(r.done)
	for {
		select {
		case <-r.wake:
		case <-r.quit:
			r.scan(true)
			return
		}
		for r.scan(false) {
			again := time.NewTimer(scanInterval)
			select {
			case <-again.C:
			case <-r.quit:
				again.Stop()
				r.scan(true)
				return
			}
		}
	}
}

// scan looks at all accounts and reports whether it should look again soon. The last scan
// tells everything.
func (r *reporter) scan(last bool) (again bool) {
	t := r.f.table.Load()
	now := time.Now()
	for i := range t.entries {
		e := &t.entries[i]
		again = r.look(e.conn.acct, now, last) || again
		again = r.lookAtFactor(e) || again
	}
	for _, a := range t.retired {
		again = r.look(a, now, last) || again
	}
	return again
}

func (a *account) lossCounts(s *settled) [causes]uint64 {
	return [causes]uint64{
		causeFull:      a.full.spans.Load(),
		causeUntaken:   s.untaken.spans,
		causeClosed:    a.closed.spans.Load(),
		causeRecursion: a.refuse.spans.Load(),
		causeFailed:    s.failed.spans,
		causeAbandoned: s.everAbandoned,
	}
}

func (r *reporter) look(a *account, now time.Time, last bool) (again bool) {
	s := a.settled.Load()
	counts := a.lossCounts(s)
	again = r.noteLoss(a, counts[causeFull]+counts[causeUntaken]+counts[causeClosed], now)
	r.noteRecovery(a, &counts, s)
	for c := range causes {
		l := &a.told.causes[c]
		switch n := counts[c] - l.count; {
		case n == 0:
		case last || l.at.IsZero() || now.Sub(l.at) >= reportInterval:
			r.warn(a, c, n, counts[c], s)
			*l = line{counts[c], now}
		default:
			again = true
		}
	}
	if err := s.outcome.panicked; err != nil && !a.told.panicked {
		a.told.panicked = true
		r.log(slog.LevelWarn, "a trace driver panicked; its connection goes on",
			slog.String("connection", a.name), slog.String("error", err.Error()))
	}
	return again
}

// noteLoss keeps when a connection dropped spans, for its health, and says when that begins
// and ends.
func (r *reporter) noteLoss(a *account, n uint64, now time.Time) (again bool) {
	old := a.loss.Load()
	lossy := old != nil && now.Sub(old.last) < lossMemory
	switch {
	case n > a.told.seen:
		next := &lossTime{since: now, last: now}
		if lossy {
			next.since = old.since
		} else {
			r.debug("trace connection overflows", slog.String("connection", a.name))
		}
		a.told.seen = n
		a.loss.Store(next)
		return true
	case lossy:
		return true
	case old != nil && !old.since.IsZero():
		a.loss.Store(&lossTime{last: old.last})
		r.debug("trace connection no longer overflows", slog.String("connection", a.name))
	}
	return false
}

func (r *reporter) lookAtFactor(e *entry) (again bool) {
	f, before := e.factor(), e.conn.acct.told.factor
	if before == 0 {
		before = 1
	}
	if f != before {
		r.tellFactor(e.conn.acct, before, f)
	}
	return f != 1
}

// tellFactor says at info when shedding begins, at most once in ten seconds, and when that
// has ended; the steps between are for debugging.
func (r *reporter) tellFactor(a *account, before, f float64) {
	now := time.Now()
	a.told.factor = f
	level := slog.LevelDebug
	switch {
	case f >= 1:
		if a.told.shedding {
			level = slog.LevelInfo
		}
		a.told.shedding = false
		a.shed.Store(nil)
	case before >= 1:
		if a.told.shedAt.IsZero() || now.Sub(a.told.shedAt) >= reportInterval {
			level, a.told.shedAt, a.told.shedding = slog.LevelInfo, now, true
		}
		a.shed.Store(&shedding{f, now})
	default:
		since := now
		if shed := a.shed.Load(); shed != nil {
			since = shed.since
		}
		a.shed.Store(&shedding{f, since})
	}
	r.log(level, "trace connection changed its dynamic sampling factor",
		slog.String("connection", a.name), slog.Float64("from", before), slog.Float64("to", f))
}

func (r *reporter) warn(a *account, c cause, n, total uint64, s *settled) {
	hint, err := c.hint(), s.outcome.err
	untried := s.untried - a.told.untried
	if c == causeFailed && n > untried && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		hint += "; they may have been delivered all the same"
	}
	attrs := []slog.Attr{
		slog.String("connection", a.name),
		slog.String("cause", c.String()),
		slog.Uint64("spans", n),
		slog.Uint64("total", total),
		slog.String("hint", hint),
	}
	if c == causeFailed {
		a.told.failing = true
		if untried > 0 {
			a.told.untried = s.untried
			attrs = append(attrs, slog.Uint64("never_tried", untried))
		}
	}
	if (c == causeFailed || c == causeUntaken) && err != nil {
		attrs = append(attrs, slog.String("last_error", err.Error())) // of several, perhaps
	}
	r.log(slog.LevelWarn, "trace connection lost spans", attrs...)
}

// noteRecovery says that exports deliver again, and what was lost since the last line about that.
func (r *reporter) noteRecovery(a *account, counts *[causes]uint64, s *settled) {
	if !a.told.failing || s.outcome.bad() {
		return
	}
	a.told.failing, a.told.untried = false, s.untried
	l := &a.told.causes[causeFailed]
	r.log(slog.LevelInfo, "trace connection delivers again", slog.String("connection", a.name),
		slog.Uint64("spans", counts[causeFailed]-l.count), slog.Uint64("total", counts[causeFailed]))
	l.count = counts[causeFailed] // at stays: a connection that flaps gets no more lines than others
}

func (r *reporter) log(level slog.Level, text string, attrs ...slog.Attr) {
	r.lines.Logger().LogAttrs(context.Background(), level, text, attrs...)
}

func (r *reporter) debug(text string, attrs ...slog.Attr) {
	r.log(slog.LevelDebug, text, attrs...)
}

// reloaded says what a reload has changed.
func (r *reporter) reloaded(p *plan) {
	r.debug("trace connections reloaded",
		slog.Int("connections", len(p.entries)),
		slog.Int("opened", len(p.fresh)),
		slog.Int("kept", len(p.entries)-len(p.fresh)),
		slog.Int("removed", len(p.removed)))
}

// drained says how a removed connection ended.
func (r *reporter) drained(c *conn, err error) {
	if err == nil {
		r.debug("removed trace connection has drained", slog.String("connection", c.cfg.Name))
		return
	}
	r.log(slog.LevelWarn, "removed trace connection did not drain",
		slog.String("connection", c.cfg.Name), slog.String("error", err.Error()))
}
