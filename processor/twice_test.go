package processor_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// TestProcessorThatIsRegisteredAgainExportsOnce registers a Fanout twice or three times, at first
// or when many spans have ended.
func TestProcessorThatIsRegisteredAgainExportsOnce(t *testing.T) {
	t.Parallel()
	for _, again := range []int{1, 2} {
		for _, before := range []int{0, 1000} {
			var log lines
			e := processortest.New()
			f := open(t, processor.Options{Logger: log.logger(slog.LevelError)}, processor.ConnectionConfig{Name: "c", Open: e.Open})
			tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(f))
			work := func(n int) {
				for range n {
					_, span := tp.Tracer("app").Start(t.Context(), "work")
					span.End()
				}
			}
			work(before)
			for range again {
				tp.RegisterSpanProcessor(f)
			}
			work(1) // while no other span starts
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() { work(1000) })
			}
			group.Wait()
			if err := f.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if n := len(log.all(t)); n != 1 || !strings.Contains(fmt.Sprint(log.all(t)[0]["msg"]), "registered twice") {
				t.Errorf("%d lines", n)
			}
			limit := 0 // until it is noticed
			if before > 0 {
				limit = 3000
			}
			if got := len(e.Exported()); got < before+4001 || got > before+4001+limit {
				t.Errorf("%d times again after %d spans: %d exports of %d spans", again, before, got, before+4001)
			}
		}
	}
}
