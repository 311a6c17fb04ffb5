package processor

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/connection"
	"github.com/tracehook/tracehook/processor/internal/hold"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// TraceOptions bound what is held for connections that want whole traces, for the process. Zero
// values have the defaults.
type TraceOptions = hold.Options

// What [TraceOptions] mean where they are zero or negative.
const (
	DefaultTraceWait     = hold.DefaultWait
	DefaultMaxTraceSpans = hold.DefaultMaxTraceSpans
	DefaultMaxHeldSpans  = hold.DefaultMaxSpans
	DefaultMaxHeldBytes  = hold.DefaultMaxBytes
	DefaultTraceMemory   = hold.DefaultMemory
)

// traceSink is where the hold's spans for a connection go.
type traceSink struct {
	conn    *connection.Connection
	ledger  *ledger.Ledger
	explain atomic.Pointer[Explain]
	left    func(spans int)
	pool    sync.Pool // of *handing
}

func newTraceSink(c *connection.Connection) *traceSink {
	l := c.Account().Ledger()
	return &traceSink{conn: c, ledger: l, left: l.Held.Leave}
}

// Load implements [hold.Sink], and so do the others.
func (s *traceSink) Load() float64 { return s.conn.Load() }

func (s *traceSink) Enter() { s.ledger.Held.Enter() }

func (s *traceSink) Count(c hold.Cause) { s.ledger.Traces.Decided[c].Add(1) }

func (s *traceSink) Release(all []hold.Decided) {
	if s.conn.IsSync() {
		for i := range all {
			s.Pass(&all[i])
		}
		return
	}
	h, explain := s.handing(), s.explanation()
	for i := range all {
		d := &all[i]
		if !d.Verdict.Keep {
			s.leaveOut(&d.Verdict)
			continue
		}
		h.ended.Set(&d.Span, &d.Verdict, d.Bytes)
		s.conn.Add(&h.whole, &h.ended, explain)
	}
	if !h.whole.IsEmpty() {
		s.conn.OfferWhole(&h.whole, s.left)
	}
	s.put(h)
}

func (s *traceSink) Late(one *hold.Decided) {
	s.ledger.Traces.Late.Add(1)
	s.Pass(one)
}

// Pass hands a single span over as a connection without the hold gets it.
func (s *traceSink) Pass(one *hold.Decided) {
	if !one.Verdict.Keep {
		s.leaveOut(&one.Verdict)
		return
	}
	h := s.handing()
	h.ended.Set(&one.Span, &one.Verdict, one.Bytes)
	s.conn.Follow(&h.ended, &h.whole, s.explanation(), s.left)
	s.put(h)
}

func (s *traceSink) leaveOut(v *decision.Verdict) {
	s.left(1)
	leaveOut(s.conn, s.ledger, v)
}

func (s *traceSink) explanation() Explain {
	if e := s.explain.Load(); e != nil {
		return *e
	}
	return nil
}

// handing is what it takes to hand spans over. It is used again.
type handing struct {
	ended connection.Ended
	whole connection.Whole
}

func (s *traceSink) handing() *handing {
	h, ok := s.pool.Get().(*handing)
	if !ok {
		h = new(handing)
	}
	return h
}

func (s *traceSink) put(h *handing) {
	h.ended.Forget()
	h.whole.Reset()
	s.pool.Put(h)
}

// leaveOut counts a span that is not kept.
func leaveOut(c *connection.Connection, l *ledger.Ledger, v *decision.Verdict) {
	if v.Reason == decision.ByLimit {
		l.RateLimited.Add(v.Threshold)
		return
	}
	l.SampledOut.Add(1)
	if v.Reason == decision.ByLoad {
		l.ShedSpans.Add(1)
		c.Notify()
	}
}

// holdStart counts a span that starts, if some connection wants whole traces.
func (f *Fanout) holdStart(s sdktrace.ReadOnlySpan) {
	if list := f.conns.Load(); list != nil && list.traced != nil && !list.closed {
		f.hold.Start(s, f.isLocalRoot(s.Parent()))
	}
}

// holdEnd gives the span to the connections that want whole traces.
func (f *Fanout) holdEnd(list *connections, o *offer) {
	f.hold.End(list.traced, &o.Span, f.isLocalRoot(o.Span.Ended.Parent()), o.Size())
}

// reloadHold tells the hold which connections want whole traces now.
func (f *Fanout) reloadHold() {
	traced := f.conns.Load().traced
	if traced == nil {
		traced = hold.NewSet()
	}
	f.hold.Reload(traced)
}

// isLocalRoot reports whether a span with that parent is a local root: it has none, or one that
// this process hasn't begun.
func (f *Fanout) isLocalRoot(parent trace.SpanContext) bool {
	switch {
	case !parent.IsValid():
		return true
	case !parent.IsRemote():
		return false
	}
	hops, ok := f.options.Notes.(interface {
		OwnHop(parent trace.SpanContext) bool
	})
	return !ok || !hops.OwnHop(parent)
}

// wholeTraces returns what the hold is to know of members; nil if none wants whole traces.
func wholeTraces(members []member) *hold.Set {
	var conns []hold.Connection
	for i := range members {
		m := &members[i]
		if m.sink != nil {
			conns = append(conns, hold.Connection{Name: m.conn.Name(), Policy: m.trace, Sink: m.sink})
		}
	}
	if conns == nil {
		return nil
	}
	return hold.NewSet(conns...)
}

// wantTraces sets what only a connection that wants whole traces has.
func (m *member) wantTraces(cfg *ConnectionConfig) {
	if !cfg.WholeTraces {
		m.sink = nil
		return
	}
	m.trace, _ = cfg.Decider.(decision.TraceDecider)
	if m.sink == nil {
		m.sink = newTraceSink(m.conn)
	}
	if cfg.Explain == nil {
		m.sink.explain.Store(nil)
	} else {
		m.sink.explain.Store(&cfg.Explain)
	}
}

// checkTraces reports a connection that can't have what it wants.
func checkTraces(cfg *ConnectionConfig) error {
	if _, ok := cfg.Decider.(decision.TraceDecider); cfg.WholeTraces && !ok {
		return fmt.Errorf("connection %q wants whole traces, and its Decider doesn't implement decision.TraceDecider", cfg.Name)
	}
	return nil
}

// tellHeld says how many spans a flush leaves in traces that are open.
func (f *Fanout) tellHeld() {
	if n := f.hold.Stats().Held; n > 0 {
		f.report.log(slog.LevelInfo, "a flush leaves spans of open traces where they are", slog.Int64("spans", n))
	}
}

// longOpen is how many times the wait a trace must have been open for Health to tell of it.
const longOpen = 10

// openTrace says which trace has been open for very long.
func (f *Fanout) openTrace() string {
	name, open, waited := f.hold.OldestOpen()
	if !waited || open < longOpen*f.options.Traces.Wait {
		return ""
	}
	if name == "" {
		name = "its root is not open, or not known"
	}
	return fmt.Sprintf("a trace has been open for %s: %s", open.Round(time.Second), name)
}
