// Scale simulates a fleet: what each process sends, and how many Collectors that takes.
//
//	go run ./scale                          # the table of docs/scale.md
//	go run ./scale -rate 0.01 -spans 2000   # other assumptions
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	a := assumptions()
	flag.Float64Var(&a.SpansPerProcess, "spans", a.SpansPerProcess, "spans that one process ends in a second")
	flag.IntVar(&a.SpansPerTrace, "trace", a.SpansPerTrace, "spans of a trace, on average")
	flag.Float64Var(&a.Rate, "rate", a.Rate, "share of the traces that each process keeps")
	flag.Float64Var(&a.Errors, "errors", a.Errors, "share of the spans with an error")
	flag.Float64Var(&a.Slow, "slow", a.Slow, "share of the spans that are slow")
	flag.Float64Var(&a.TailRate, "tail", a.TailRate, "share of the traces without an error that the tail sampler keeps")
	flag.Float64Var(&a.BytesPerSpan, "bytes", a.BytesPerSpan, "bytes of an encoded span")
	flag.Float64Var(&a.Gzip, "gzip", a.Gzip, "what compression leaves of them")
	flag.Float64Var(&a.FrontSpans, "front", a.FrontSpans, "spans a second that one load-balancing Collector takes")
	flag.Float64Var(&a.TailSpans, "tailspans", a.TailSpans, "spans a second that one tail-sampling Collector takes")
	flag.DurationVar(&a.Wait, "wait", a.Wait, "how long the tail sampler waits for a trace")
	flag.DurationVar(&a.Outage, "outage", a.Outage, "the outage that the spool of a process bridges")
	flag.DurationVar(&a.Duration, "duration", a.Duration, "how long a process works on a trace")
	flag.IntVar(&a.Traces, "traces", a.Traces, "traces to simulate")
	flag.Parse()
	if err := a.check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2) //nolint:forbidigo // a command says how it ended
	}
	if _, err := io.WriteString(os.Stdout, report(a, simulate(a, 1))); err != nil {
		os.Exit(1) //nolint:forbidigo // as above
	}
}

// assumptions are those of docs/scale.md.
func assumptions() Assumptions {
	return Assumptions{
		SpansPerProcess: 500, SpansPerTrace: 20, Rate: 0.1, Errors: 0.002, Slow: 0.001, TailRate: 0.2,
		BytesPerSpan: 420, Gzip: 0.25, FrontSpans: 40_000, TailSpans: 15_000, Headroom: 0.6,
		Wait: 30 * time.Second, BytesInMemory: 2_000, Outage: time.Hour, Traces: 200_000, Duration: 200 * time.Millisecond,
	}
}

// sizes are the fleets of the table.
func sizes() []int { return []int{1, 10, 100, 1000, 10_000} }

func report(a Assumptions, k Kept) string {
	var text strings.Builder
	fmt.Fprintf(&text, `Of %d simulated traces: %.1f %% of the spans are sent, of %.1f %% of the traces;
%.1f %% of the traces with an error are whole. The adjusted counts of what is sent add up
to %.2f %% of what ended. After the tail sampler %.1f %% of the spans are stored.

With scope trace, where one process records all of a trace, every trace that is sent is whole:
%.1f %% of the spans are sent, of %.1f %% of the traces. The adjusted counts add up to %.2f %%. For each 1,000 spans a second that end in a process, %.0f are held, which is %.1f MB.

| processes | spans/s ended | spans/s sent | Mbit/s sent | front Collectors | tail Collectors | memory of each | spans/s stored | spool for an outage |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|
`, a.Traces, 100*k.Spans, 100*k.Traces, 100*k.WholeErrors, 100*k.Estimate, 100*k.Stored,
		100*k.Whole.Spans, 100*k.Whole.Traces, 100*k.Whole.Estimate,
		1000*a.Duration.Seconds(), 1000*a.Duration.Seconds()*a.BytesInMemory/1e6)
	for _, n := range sizes() {
		t := a.tiers(n, k)
		fmt.Fprintf(&text, "| %d | %.0f | %.0f | %.1f | %d | %d | %.0f MB | %.0f | %.0f MB |\n",
			n, t.Ended, t.Sent, t.Megabits, t.Front, t.Tail, t.TailMemory/1e6, t.Stored, t.Spool/1e6)
	}
	return text.String()
}
