package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// main measures once. PEER_SPANS is how many spans to begin and to end; PEER_FILE, if it is set, is where
// they are to be written. (A peer may read arguments as its own.) It prints what a span costs with the SDK
// and with the peer, or how many of the spans are in the file.
func main() {
	spans, err := strconv.Atoi(os.Getenv("PEER_SPANS"))
	if err != nil {
		fail(err)
	}
	if path := os.Getenv("PEER_FILE"); path != "" {
		written(spans, path)
		return
	}
	var r result
	for range 2 { // the first warms up
		one, flush := sdk()
		r.Base, r.BaseAllocs = spend(spans, one, flush)
		one, flush = peer()
		r.Peer, r.PeerAllocs = spend(spans, one, flush)
	}
	report(r)
}

type result struct {
	Base, Peer             float64 // nanoseconds of CPU time of a span
	BaseAllocs, PeerAllocs int64   // of a span
}

func written(spans int, path string) {
	one, done := peerFile(path)
	for range spans {
		one()
	}
	done()
	data, err := os.ReadFile(path)
	if err != nil {
		fail(err)
	}
	report(struct{ Written int }{bytes.Count(data, []byte{'\n'})})
}

func report(v any) {
	if err := json.NewEncoder(os.Stderr).Encode(v); err != nil { // a peer prints to standard output
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// spend begins and ends spans and returns what the process has spent on each, until the output has had it.
func spend(spans int, one func(), flush func()) (nanoseconds float64, allocs int64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := cpu()
	for i := range spans {
		one()
		if i%4096 == 4095 {
			flush()
		}
	}
	flush()
	spent := cpu() - start
	runtime.ReadMemStats(&after)
	return float64(spent.Nanoseconds()) / float64(spans), int64(after.Mallocs-before.Mallocs) / int64(spans)
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		fail(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                             { return nil }

func sdk() (one func(), flush func()) {
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(discard{}, sdktrace.WithMaxQueueSize(8192)))
	tracer, ctx := tp.Tracer("bench"), context.Background()
	return func() {
		_, span := tracer.Start(ctx, "http:users", trace.WithAttributes(
			attribute.String("http.request.method", "GET"), attribute.String("http.route", "/users/{id}"),
			attribute.Int("http.response.status_code", 200), attribute.Bool("vip", false)))
		span.End()
	}, func() { _ = tp.ForceFlush(ctx) }
}
