package connection

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// sink takes and spools everything.
type sink struct{}

func (sink) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (sink) SpoolSpans(context.Context, []sdktrace.ReadOnlySpan) error  { return nil }
func (sink) Shutdown(context.Context) error                             { return nil }

func openSink(context.Context) (sdktrace.SpanExporter, error) { return sink{}, nil }

// kept is an ended span that is to be exported.
func kept() *Ended {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	s := &Ended{
		Span:    decision.Read(tracetest.SpanStub{SpanContext: sc}.Snapshot()),
		Verdict: decision.Verdict{Keep: true},
	}
	s.Judge()
	return s
}

// begin returns a connection that lets spans in.
func begin(t *testing.T, cfg Config, l *ledger.Ledger) *Connection {
	t.Helper()
	c := New(cfg, l, &Environment{Notify: func() {}})
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Begin()
	c.HandBack()
	return c
}

// TestOverflowAfterTheEnd is a caller who found the queue full, was held up, and goes on when
// the connection has been shut down: the span is dropped as closed, and nobody waits.
func TestOverflowAfterTheEnd(t *testing.T) {
	t.Parallel()
	for _, o := range []Overflow{OverflowBlock, OverflowSync, OverflowSpool} {
		t.Run(o.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := ledger.New("c", new(ledger.Spools))
				c := begin(t, Config{Name: "c", Overflow: o, BlockTimeout: time.Hour, Schedule: time.Millisecond, Open: openSink}, l)
				if err := c.Shutdown(t.Context()); err != nil {
					t.Fatal(err)
				}
				s := kept()
				began := time.Now()
				c.overflow(s, nil)
				s.Wait()
				if waited := time.Since(began); waited != 0 {
					t.Errorf("the caller waited for %v", waited)
				}
				time.Sleep(time.Minute) // what was accepted for the spool would be there by now
				if n := l.Snapshot(); n.Accepted != 0 || n.Closed.Spans != 1 {
					t.Errorf("accepted %d, closed %d; want 0, 1", n.Accepted, n.Closed.Spans)
				}
			})
		})
	}
}

// TestOverflowWhileItEnds is a caller who found the queue full, was held up, and goes on when
// the connection has been drained, but its last export hasn't returned: the span goes to the
// successor. The old one's spool is about to be closed.
func TestOverflowWhileItEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New("c", new(ledger.Spools))
		cfg := Config{Name: "c", Overflow: OverflowSpool, Schedule: time.Millisecond, Open: openSink}
		c, next := begin(t, cfg, l), begin(t, cfg, l)
		c.slot.token <- struct{}{} // as an export has it that was abandoned
		c.Succeed(next)
		ended := make(chan error)
		go func() { ended <- c.Shutdown(context.Background()) }()
		synctest.Wait()
		s := kept()
		c.overflow(s, nil)
		s.Wait()
		if c.Entered() != 0 || next.Entered() != 1 {
			t.Errorf("%d accepted for the spool, %d went to the successor; want 0, 1", c.Entered(), next.Entered())
		}
		c.HandBack()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := next.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if n := l.Snapshot(); n.Exported.Spans != 1 || n.Accepted != 1 {
			t.Errorf("%d exported of %d; want 1 of 1", n.Exported.Spans, n.Accepted)
		}
	})
}

// TestNumbersThatWereToldAreFinal is an export that returns after its connection was cut off,
// before anybody has found the time to call it abandoned.
func TestNumbersThatWereToldAreFinal(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	l := ledger.New("c", new(ledger.Spools))
	c := begin(t, Config{Name: "c", Open: func(context.Context) (sdktrace.SpanExporter, error) { return hung{sink{}, hang}, nil }}, l)
	c.acquire(nil)
	c.exporting.Add(1)
	c.direct.Add(1)
	x := c.export(batch{spans: make([]sdktrace.ReadOnlySpan, 1), total: ledger.Tally{Spans: 1}}, nil, time.Now())
	c.Freeze()
	close(hang)
	<-x.done
	x.abandon() // too late
	if n := c.account.Totals(); n.Exported.Spans != 0 || n.Abandoned.Spans != 1 || n.EverAbandoned != 1 {
		t.Errorf("%d exported, %d abandoned; want 0, 1", n.Exported.Spans, n.Abandoned.Spans)
	}
	if c.pending() != 0 {
		t.Errorf("%d are pending", c.pending())
	}
	_ = c.Shutdown(t.Context())
}

// hung is a sink that waits.
type hung struct {
	sink
	hang <-chan struct{}
}

func (h hung) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	<-h.hang
	return nil
}
