package tree

import (
	"encoding/binary"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// What is remembered of drawn traces is bounded, and the latest are known.
func TestDrawnIsBounded(t *testing.T) {
	t.Parallel()
	c := NewCollector(0, 0)
	id := func(i int) (id trace.TraceID) {
		binary.BigEndian.PutUint64(id[:], uint64(i)+1)
		return id
	}
	for i := range 5 * maxDrawn {
		c.Add(time.Time{}, Span{TraceID: id(i), ID: trace.SpanID{1}})
		if n := len(c.Ready(time.Time{})); n != 1 {
			t.Fatalf("%d traces are ready, want 1", n)
		}
		if len(c.drawn) > maxDrawn || len(c.drawnIDs) > maxDrawn {
			t.Fatalf("%d traces are remembered, want at most %d", len(c.drawn), maxDrawn)
		}
	}
	for i, want := range map[int]bool{5*maxDrawn - 1: true, 4 * maxDrawn: true, 4*maxDrawn - 1: false} {
		c.Add(time.Time{}, Span{TraceID: id(i), ID: trace.SpanID{2}, Parent: trace.SpanID{1}})
		if got := c.open[id(i)].Continued; got != want {
			t.Errorf("trace %d is known as drawn: %v, want %v", i, got, want)
		}
	}
}
