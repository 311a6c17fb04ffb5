package processor

import (
	"context"
	"testing"
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
			sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
			v := &view{
				span:     decision.Read(tracetest.SpanStub{SpanContext: sc}.Snapshot()),
				verdict:  decision.Verdict{Keep: true},
				truthful: true,
			}
			c.overflow(v, nil)
			time.Sleep(20 * time.Millisecond) // what was put aside would be spooled by now
			if st := f.Stats(); st.Accepted != 0 || st.Dropped.Closed != 1 || st.Offered != 1 {
				t.Errorf("accepted %d, closed %d of %d; want 0, 1 of 1", st.Accepted, st.Dropped.Closed, st.Offered)
			}
		})
	}
}
