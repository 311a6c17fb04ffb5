package processor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// sink takes and spools everything.
type sink struct{}

func (sink) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (sink) SpoolSpans(context.Context, []sdktrace.ReadOnlySpan) error  { return nil }
func (sink) Shutdown(context.Context) error                             { return nil }

// kept is the view of a span that is to be exported.
func kept() *view {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	return &view{
		span:     decision.Read(tracetest.SpanStub{SpanContext: sc}.Snapshot()),
		verdict:  decision.Verdict{Keep: true},
		truthful: true,
	}
}

// TestOverflowAfterTheEnd is a caller who found the queue full, was held up, and goes on when
// the connection has been shut down: the span is dropped as closed, and nobody waits.
func TestOverflowAfterTheEnd(t *testing.T) {
	t.Parallel()
	for _, o := range []Overflow{OverflowBlock, OverflowSync, OverflowSpool} {
		t.Run(o.String(), func(t *testing.T) {
			t.Parallel()
			f, err := New(t.Context(), Options{}, ConnectionConfig{
				Name: "c", Overflow: o, BlockTimeout: time.Hour, Schedule: time.Millisecond,
				Open: func(context.Context) (sdktrace.SpanExporter, error) { return sink{}, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			c := f.table.Load().entries[0].conn
			if err := f.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			v := kept()
			c.overflow(v, nil)
			v.wait()
			time.Sleep(20 * time.Millisecond) // what was put aside would be spooled by now
			if st := f.Stats(); st.Accepted != 0 || st.Dropped.Closed != 1 || st.Offered != 1 {
				t.Errorf("accepted %d, closed %d of %d; want 0, 1 of 1", st.Accepted, st.Dropped.Closed, st.Offered)
			}
		})
	}
}

// TestOverflowWhileItEnds is a caller who found the queue full, was held up, and goes on when
// the connection has been drained, but its last export hasn't returned: the span goes to the
// successor. Put aside, it would come to a spool that is being closed.
func TestOverflowWhileItEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := ConnectionConfig{
			Name: "c", Fingerprint: "1", Overflow: OverflowSpool, Schedule: time.Millisecond,
			Open: func(context.Context) (sdktrace.SpanExporter, error) { return sink{}, nil },
		}
		f, err := New(t.Context(), Options{}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		c := f.table.Load().entries[0].conn
		c.token <- struct{}{} // as an export has it that was abandoned
		cfg.Fingerprint = "2"
		if err := f.Reload(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		v := kept()
		c.overflow(v, nil)
		v.wait()
		next := f.table.Load().entries[0].conn
		if c.direct.Load() != 0 || next == c || next.gate.entered() != 1 {
			t.Errorf("%d put aside, %d went to the successor; want 0, 1", c.direct.Load(), next.gate.entered())
		}
		c.handBack()
		if err := f.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if st := f.Stats(); st.Exported != 1 || st.Accepted != 1 {
			t.Errorf("%d exported of %d; want 1 of 1", st.Exported, st.Accepted)
		}
	})
}

// TestNumbersThatWereToldAreFinal is an export that returns after its connection was cut off,
// before anybody has found the time to call it abandoned.
func TestNumbersThatWereToldAreFinal(t *testing.T) {
	t.Parallel()
	c := newConn(ConnectionConfig{Name: "c"}, newAccount("c"), &environment{report: newReporter(&Fanout{options: Options{}.sanitized()})})
	hang := make(chan struct{})
	c.exporter.Store(&opened{SpanExporter: hung{sink{}, hang}})
	c.acct.direct.Add(1)
	c.direct.Add(1)
	k := c.export(make([]sdktrace.ReadOnlySpan, 1), tally{spans: 1}, time.Now(), false)
	c.acct.settle(func(*settled) { c.frozen = true })
	close(hang)
	<-k.done
	k.abandon() // too late
	if s := c.acct.settled.Load(); s.exported.spans != 0 || s.abandoned.spans != 1 || s.everAbandoned != 1 {
		t.Errorf("%d exported, %d abandoned; want 0, 1", s.exported.spans, s.abandoned.spans)
	}
	if c.pending() != 0 {
		t.Errorf("%d are pending", c.pending())
	}
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
