package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/docs/figures"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// memoryArgument is the first argument of the process that measures its own heap, where nothing else is.
const memoryArgument = "memory-child"

// memory is what a queue holds beside the spans that wait in it.
func memory(thresholds, what string) source {
	return &absolute{
		row: figures.Row{What: "queue memory of a waiting span, " + what, Unit: "bytes", Target: 64},
		once: func() (float64, error) {
			self, err := os.Executable()
			if err != nil {
				return 0, err
			}
			child := exec.CommandContext(context.Background(), self, memoryArgument, thresholds)
			child.Stderr = os.Stderr
			out, err := child.Output()
			if err != nil {
				return 0, err
			}
			return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		},
	}
}

// keeps answers with one verdict, which keeps the span.
type keeps struct{ verdict decision.Verdict }

func (k keeps) Decide(*decision.Span, float64) decision.Verdict { return k.verdict }

// memoryChild fills the queues of connections that hang, and prints what the heap has grown by for each
// span that waits in one. The connections themselves are part of it.
func memoryChild(args []string) error {
	const connections, queue = 16, 4096
	hang := make(chan struct{})
	var conns []processor.ConnectionConfig
	for i := range connections {
		k := keeps{decision.Verdict{Keep: true}}
		if len(args) == 1 && args[0] == "differ" {
			th := decision.FromProbability(1 / float64(i+2))
			state, err := trace.ParseTraceState("ot=th:" + th.String())
			if err != nil {
				return err
			}
			k.verdict.Threshold, k.verdict.Rewrite, k.verdict.State = th, true, state
		}
		conns = append(conns, processor.ConnectionConfig{
			Name: strconv.Itoa(i), QueueSize: queue, Decider: k,
			Open: processortest.New(processortest.Step{Hang: hang}).Open,
		})
	}
	spans := make([]sdktrace.ReadOnlySpan, queue)
	for i := range spans {
		spans[i] = processortest.Span(uint64(i + 1))
	}
	before := heap()
	f, err := processor.New(context.Background(), processor.Options{}, conns...)
	if err != nil {
		return err
	}
	for _, s := range spans {
		f.OnEnd(s)
	}
	time.Sleep(100 * time.Millisecond) // until the batchers have what they take
	pending := f.Stats().Pending
	if pending == 0 {
		return errors.New("no span waits")
	}
	fmt.Printf("%.1f\n", float64(heap()-before)/float64(pending))
	runtime.KeepAlive(spans)
	close(hang)
	return f.Shutdown(context.Background())
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
