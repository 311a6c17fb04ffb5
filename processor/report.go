package processor

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/internal/safelog"
	"github.com/tracehook/tracehook/processor/internal/connection"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

const (
	// reportInterval is the time between two lines about the same connection and cause.
	reportInterval = 10 * time.Second
	// scanInterval is the time between two looks while something is being lost.
	scanInterval = time.Second
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
	told    map[*ledger.Ledger]*told // touched by the reporter's goroutine only
}

// told is what has been logged about a ledger.
type told struct {
	causes   [ledger.Causes]line
	untried  uint64 // spans that have been told as never tried
	failing  bool   // a failed export has been told, and no recovery
	panicked bool
	dropping bool
	factor   float64
	shedAt   time.Time // of the last line about a factor below 1
	shedding bool      // and none about its end
}

type line struct {
	count uint64
	at    time.Time
}

func newReporter(f *Fanout) *reporter {
	return &reporter{
		f: f, lines: safelog.NewQueue(f.options.Logger), told: make(map[*ledger.Ledger]*told),
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
}

func (r *reporter) start() {
	r.started.Store(true)
	go r.run()
}

// notify says that something was lost. It never waits.
func (r *reporter) notify() {
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

// scan looks at all ledgers and reports whether it should look again soon. The last scan
// tells everything.
func (r *reporter) scan(last bool) (again bool) {
	list := r.f.conns.Load()
	now := time.Now()
	seen := make(map[*ledger.Ledger]bool)
	look := func(l *ledger.Ledger, c *ledger.Account) {
		seen[l] = true
		again = r.scanLosses(l, c, now, last) || again
	}
	for i := range list.members {
		look(list.members[i].ledger, list.members[i].conn.Account())
	}
	for _, l := range list.retired {
		look(l, nil)
	}
	for i := range list.members {
		again = r.scanFactor(&list.members[i], now) || again
	}
	maps.DeleteFunc(r.told, func(l *ledger.Ledger, _ *told) bool { return !seen[l] })
	return again
}

// of returns what has been told about l.
func (r *reporter) of(l *ledger.Ledger) *told {
	t := r.told[l]
	if t == nil {
		t = &told{factor: 1}
		r.told[l] = t
	}
	return t
}

// scanLosses looks at a ledger and at the account of its current connection, nil if it has none.
func (r *reporter) scanLosses(l *ledger.Ledger, c *ledger.Account, now time.Time, last bool) (again bool) {
	told := r.of(l)
	s := l.Snapshot()
	counts := s.Losses()
	var d ledger.Delivery
	dropping := false
	if c != nil {
		d, dropping = c.Totals().Delivery, c.Dropping(now)
	}
	if dropping != told.dropping {
		told.dropping = dropping
		text := "trace connection overflows"
		if !dropping {
			text = "trace connection no longer overflows"
		}
		r.log(slog.LevelDebug, text, slog.String("connection", l.Name))
	}
	if told.failing && c != nil && !d.Bad() && c.Totals().Exports > 0 {
		told.failing, told.untried = false, s.Untried
		failed := &told.causes[ledger.ExportFailed]
		r.log(slog.LevelInfo, "trace connection delivers again", slog.String("connection", l.Name),
			slog.Uint64("spans", counts[ledger.ExportFailed]-failed.count), slog.Uint64("total", counts[ledger.ExportFailed]))
		failed.count = counts[ledger.ExportFailed] // at stays: a connection that flaps gets no more lines than others
	}
	for c := range ledger.Causes {
		ln := &told.causes[c]
		switch n := counts[c] - ln.count; {
		case n == 0:
		case last || ln.at.IsZero() || now.Sub(ln.at) >= reportInterval:
			r.warn(l.Name, told, c, n, counts[c], s.Untried, d.Err)
			*ln = line{counts[c], now}
		default:
			again = true
		}
	}
	if d.Panic != nil && !told.panicked {
		told.panicked = true
		r.log(slog.LevelWarn, "a trace driver panicked; its connection goes on",
			slog.String("connection", l.Name), slog.String("error", d.Panic.Error()))
	}
	return again || dropping
}

// scanFactor says at warn when shedding begins, at most once in ten seconds, and at info when that
// has ended, with the number of spans; the steps between are for debugging.
func (r *reporter) scanFactor(m *member, now time.Time) (again bool) {
	told := r.of(m.ledger)
	f, before := m.factor(), told.factor
	m.conn.Account().ShedSince(f, now)
	if f == before {
		return f != 1
	}
	told.factor = f
	level := slog.LevelDebug
	switch {
	case f >= 1:
		if told.shedding {
			level = slog.LevelInfo
		}
		told.shedding = false
	case before >= 1 && (told.shedAt.IsZero() || now.Sub(told.shedAt) >= reportInterval):
		level, told.shedAt, told.shedding = slog.LevelWarn, now, true
	}
	r.log(level, "trace connection changed its dynamic sampling factor",
		slog.String("connection", m.ledger.Name), slog.Float64("from", before), slog.Float64("to", f),
		slog.Uint64("shed", m.ledger.ShedSpans.Load()))
	return f != 1
}

func (r *reporter) warn(name string, told *told, c ledger.Cause, n, total, untriedEver uint64, err error) {
	hint := c.Hint()
	untried := untriedEver - told.untried
	if c == ledger.ExportFailed && n > untried && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		hint += "; they may have been delivered all the same"
	}
	attrs := []slog.Attr{
		slog.String("connection", name),
		slog.String("cause", c.String()),
		slog.Uint64("spans", n),
		slog.Uint64("total", total),
		slog.String("hint", hint),
	}
	if c == ledger.ExportFailed {
		told.failing = true
		if untried > 0 {
			told.untried = untriedEver
			attrs = append(attrs, slog.Uint64("never_tried", untried))
		}
	}
	if (c == ledger.ExportFailed || c == ledger.SpoolRefused) && err != nil {
		attrs = append(attrs, slog.String("last_error", err.Error())) // of several, perhaps
	}
	r.log(slog.LevelWarn, "trace connection lost spans", attrs...)
}

func (r *reporter) log(level slog.Level, text string, attrs ...slog.Attr) {
	r.lines.Logger().LogAttrs(context.Background(), level, text, attrs...)
}

// reloaded says what a reload has changed.
func (r *reporter) reloaded(t *transition) {
	r.log(slog.LevelDebug, "trace connections reloaded",
		slog.Int("connections", len(t.members)),
		slog.Int("opened", len(t.fresh)),
		slog.Int("kept", len(t.members)-len(t.fresh)),
		slog.Int("removed", len(t.removed)))
}

// notOpen says that a connection can't be opened now.
func (r *reporter) notOpen(c *connection.Connection, err error) {
	r.log(slog.LevelError, "trace connection is not open: it is tried again every second, and spans wait in its queue",
		slog.String("connection", c.Name()), slog.String("error", err.Error()))
}

// opened says that a connection that wasn't is open now.
func (r *reporter) opened(c *connection.Connection) {
	r.log(slog.LevelInfo, "trace connection is open now", slog.String("connection", c.Name()))
}

// drained says how a removed connection ended.
func (r *reporter) drained(c *connection.Connection, err error) {
	if err == nil {
		r.log(slog.LevelDebug, "removed trace connection has drained", slog.String("connection", c.Name()))
		return
	}
	r.log(slog.LevelWarn, "removed trace connection did not drain",
		slog.String("connection", c.Name()), slog.String("error", err.Error()))
}
