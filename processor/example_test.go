package processor_test

import (
	"context"
	"errors"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

func Example() {
	ctx := context.Background()
	archive := processortest.New()
	broken := processortest.New(processortest.Step{Err: errors.New("connection refused")})

	fanout, err := processor.New(ctx, processor.Options{},
		processor.ConnectionConfig{Name: "archive", Open: archive.Open, Overflow: processor.OverflowBlock},
		processor.ConnectionConfig{Name: "vendor", Open: broken.Open})
	if err != nil {
		fmt.Println(err)
		return
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(fanout))
	for range 3 {
		_, span := tp.Tracer("example").Start(ctx, "work")
		span.End()
	}
	fmt.Println(tp.Shutdown(ctx))

	st := fanout.Stats()
	fmt.Println("archive:", st.Connections["archive"].Exported, "exported")
	fmt.Println("vendor: ", st.Connections["vendor"].Failed, "failed")
	// Output:
	// connection "vendor": 3 spans were not exported: connection refused
	// archive: 3 exported
	// vendor:  3 failed
}

// everyOther keeps half of all spans.
type everyOther struct{ half decision.Threshold }

func (d everyOther) Decide(s *decision.Span, _ float64) decision.Verdict {
	return decision.Verdict{Keep: d.half.Keeps(s.State.Randomness), Threshold: d.half, Rule: -1}
}

func ExampleFanout_Reload() {
	ctx := context.Background()
	e := processortest.New()
	cfg := processor.ConnectionConfig{Name: "c", Fingerprint: "v1", Open: e.Open}
	fanout, err := processor.New(ctx, processor.Options{}, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for n := range uint64(100) {
		fanout.OnEnd(processortest.Span(n + 1))
	}
	// The same fingerprint: the queue and the exporter stay, only the Decider changes.
	cfg.Decider = everyOther{decision.FromProbability(0.5)}
	if err := fanout.Reload(ctx, cfg); err != nil {
		fmt.Println(err)
	}
	for n := range uint64(100) {
		fanout.OnEnd(processortest.Span(n + 101))
	}
	if err := fanout.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	c := fanout.Stats().Connections["c"]
	fmt.Println(c.Offered, "offered,", c.SampledOut+c.Exported, "accounted for")
	fmt.Println("the exporter was shut down", e.Shutdowns(), "time")
	// Output:
	// 200 offered, 200 accounted for
	// the exporter was shut down 1 time
}
