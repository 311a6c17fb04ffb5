package processor_test

import (
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/processor"
)

func TestOpenSpansAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, processor.Options{})
		tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(f)).Tracer("app")
		check := func(spans int64, oldest time.Duration) {
			t.Helper()
			if st := f.Stats(); st.OpenSpans != spans || st.OldestOpenMS != oldest.Milliseconds() {
				t.Errorf("%d open, the oldest for %d ms; want %d, %v", st.OpenSpans, st.OldestOpenMS, spans, oldest)
			}
		}
		check(0, 0)
		_, forgotten := tracer.Start(t.Context(), "forgotten")
		time.Sleep(time.Minute)
		var some []trace.Span
		for range 5000 {
			_, span := tracer.Start(t.Context(), "work")
			some = append(some, span)
		}
		time.Sleep(time.Second)
		check(5001, 61*time.Second)
		for _, span := range some {
			span.End()
			span.End() // ignored
		}
		check(1, 61*time.Second)
		forgotten.End()
		check(0, 0)
		_, ancient := tracer.Start(t.Context(), "ancient", trace.WithTimestamp(time.Unix(0, 0)))
		_, future := tracer.Start(t.Context(), "future", trace.WithTimestamp(time.Now().Add(time.Hour)))
		check(2, 61*time.Second) // no longer than the processor is there
		ancient.End()
		check(1, 0)
		future.End()
		check(0, 0)
	})
}
