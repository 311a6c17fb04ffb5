package otlp_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// lasting is an exporter whose exports last that long. It counts them.
type lasting struct {
	d       time.Duration
	exports atomic.Int64
}

func (e *lasting) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	e.exports.Add(1)
	time.Sleep(e.d)
	return nil
}

func (*lasting) Shutdown(context.Context) error { return nil }

// TestWhichExportTakesASpan is about the official batcher, on which it depends how old a span
// is that a crash can cost: spans that end during an export are in the next one, if an export
// is shorter than the schedule. Of longer ones they may miss some.
func TestWhichExportTakesASpan(t *testing.T) {
	t.Parallel()
	const rounds, schedule = 200, 5 * time.Millisecond
	for _, d := range []time.Duration{schedule / 5, schedule * 4 / 5, schedule * 2} {
		next := 0
		for range rounds {
			synctest.Test(t, func(t *testing.T) {
				e := &lasting{d: d}
				p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e, sdktrace.WithBatchTimeout(schedule), sdktrace.WithMaxExportBatchSize(4096)))
				end := func() {
					_, s := p.Tracer("t").Start(t.Context(), "work")
					s.End()
				}
				end()
				time.Sleep(schedule + d/2) // the first export runs
				for range 100 {
					end()
				}
				time.Sleep(time.Second)
				if e.exports.Load() == 2 {
					next++
				}
				if err := p.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		switch {
		case d < schedule && next != rounds:
			t.Errorf("exports of %v: all spans were in the next one in %d of %d rounds", d, next, rounds)
		case d > schedule && (next < rounds/5 || next > rounds*4/5):
			t.Errorf("exports of %v: all spans were in the next one in %d of %d rounds, want about half: the documents say so", d, next, rounds)
		}
	}
}
