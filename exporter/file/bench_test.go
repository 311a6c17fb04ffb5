package file_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/file/readback"
)

// benchSpans is a batch of n spans with so many attributes.
func benchSpans(n, attributes int) []sdktrace.ReadOnlySpan {
	stubs := make(tracetest.SpanStubs, 0, n)
	for i, s := range spans(0, n) {
		stub := tracetest.SpanStubFromReadOnlySpan(s)
		stub.Name, stub.Attributes = "GET /users/{id}", nil
		for k := range attributes {
			switch k % 4 {
			case 0:
				stub.Attributes = append(stub.Attributes, attribute.String(fmt.Sprintf("http.attribute.%d", k), "a value of some length"))
			case 1:
				stub.Attributes = append(stub.Attributes, attribute.Int(fmt.Sprintf("http.number.%d", k), i*k))
			case 2:
				stub.Attributes = append(stub.Attributes, attribute.Bool(fmt.Sprintf("http.flag.%d", k), true))
			default:
				stub.Attributes = append(stub.Attributes, attribute.Float64(fmt.Sprintf("http.ratio.%d", k), 0.125*float64(i)))
			}
		}
		stubs = append(stubs, stub)
	}
	return stubs.Snapshots()
}

const benchBatch = 256

// turn is one batch written somewhere.
type turn func()

// every empties the file after so many turns: a benchmark must not fill the disk.
const every = 64

func emptied(tb testing.TB, path string, do turn) turn {
	tb.Helper()
	n := 0
	return func() {
		if n++; n%every == 0 {
			if err := os.Truncate(path, 0); err != nil {
				tb.Fatal(err)
			}
		}
		do()
	}
}

func driverTurn(tb testing.TB, list []sdktrace.ReadOnlySpan, opts ...file.Option) turn {
	tb.Helper()
	opts = append([]file.Option{file.WithMaxSize(1 << 40)}, opts...)
	path := filepath.Join(tb.TempDir(), "trace.log")
	e := open(tb, path, opts...)
	return emptied(tb, path, func() { export(tb, e, list...) })
}

func stdoutTurn(tb testing.TB, list []sdktrace.ReadOnlySpan) turn {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "trace.log")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	e, err := stdouttrace.New(stdouttrace.WithWriter(f))
	if err != nil {
		tb.Fatal(err)
	}
	return emptied(tb, path, func() {
		if err := e.ExportSpans(context.Background(), list); err != nil {
			tb.Fatal(err)
		}
	})
}

// bytesTurn appends the same bytes ready-made.
func bytesTurn(tb testing.TB, list []sdktrace.ReadOnlySpan) turn {
	tb.Helper()
	encoder, err := encode.New("json", exporter.Settings{})
	if err != nil {
		tb.Fatal(err)
	}
	ready := encoder.Append(nil, list)
	path := filepath.Join(tb.TempDir(), "trace.log")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	return emptied(tb, path, func() {
		if _, err := f.Write(ready); err != nil {
			tb.Fatal(err)
		}
	})
}

// BenchmarkRatios compares the driver with stdouttrace and with the bare write, batch by
// batch in turns, and reports medians.
func BenchmarkRatios(b *testing.B) {
	for _, attributes := range []int{1, 4, 8, 64} {
		b.Run(fmt.Sprintf("attributes=%d", attributes), func(b *testing.B) {
			list := benchSpans(benchBatch, attributes)
			turns := []turn{driverTurn(b, list), stdoutTurn(b, list), bytesTurn(b, list)}
			times := make([][]time.Duration, len(turns))
			for range 3 { // warm up
				for _, do := range turns {
					do()
				}
			}
			for b.Loop() {
				for i, do := range turns {
					start := time.Now()
					do()
					times[i] = append(times[i], time.Since(start))
				}
			}
			median := func(i int) float64 {
				slices.Sort(times[i])
				return float64(times[i][len(times[i])/2])
			}
			b.ReportMetric(median(1)/median(0), "x-faster-than-stdouttrace")
			b.ReportMetric(median(0)/median(2), "x-bare-write")
			b.ReportMetric(median(0)/benchBatch, "ns/span")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkExport is one span of a batch.
func BenchmarkExport(b *testing.B) {
	for _, kind := range encode.Kinds() {
		for _, attributes := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/attributes=%d", kind, attributes), func(b *testing.B) {
				encoder, err := encode.New(kind, exporter.Settings{})
				if err != nil {
					b.Fatal(err)
				}
				do := driverTurn(b, benchSpans(benchBatch, attributes), file.WithEncoder(encoder))
				do()
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					if n++; n%benchBatch == 0 {
						do()
					}
				}
			})
		}
	}
}

// BenchmarkEndToEnd has two producers start and end spans of four attributes, without a
// pause and without a loss, through the SDK's batcher into a file, in turns: into ours and
// into stdouttrace's. Its unit is 5,000 spans of each.
func BenchmarkEndToEnd(b *testing.B) {
	const producers, each = 2, 2500
	stdout := func(path string) (sdktrace.SpanExporter, error) {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		b.Cleanup(func() { _ = f.Close() })
		return stdouttrace.New(stdouttrace.WithWriter(f))
	}
	ours := func(path string) (sdktrace.SpanExporter, error) { return file.New(path) }
	dir := b.TempDir()
	run := func(i int, open func(path string) (sdktrace.SpanExporter, error)) time.Duration {
		path := filepath.Join(dir, strconv.Itoa(i))
		e, err := open(path)
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e, sdktrace.WithBlocking()))
		tracer := provider.Tracer("bench")
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for n := range each {
					_, s := tracer.Start(context.Background(), "GET /users/{id}")
					s.SetAttributes(attribute.Int("p", p), attribute.Int("n", n), attribute.String("a", "b"), attribute.Bool("c", true))
					s.End()
				}
			})
		}
		wg.Wait()
		if err := provider.Shutdown(context.Background()); err != nil {
			b.Fatal(err)
		}
		took := time.Since(start)
		if got := strings.Count(read(b, path), "\n"); got != producers*each {
			b.Fatalf("%d spans in the file, want %d", got, producers*each)
		}
		if err := os.Remove(path); err != nil {
			b.Fatal(err)
		}
		return took
	}
	var mine, theirs []time.Duration
	for n := 0; b.Loop(); n++ {
		mine = append(mine, run(2*n, ours))
		theirs = append(theirs, run(2*n+1, stdout))
	}
	slices.Sort(mine)
	slices.Sort(theirs)
	median := mine[len(mine)/2]
	b.ReportMetric(float64(theirs[len(theirs)/2])/float64(median), "x-faster-than-stdouttrace")
	b.ReportMetric(producers*each/median.Seconds(), "spans/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRead is one span read back.
func BenchmarkRead(b *testing.B) {
	for _, kind := range encode.Kinds() {
		b.Run(kind, func(b *testing.B) {
			encoder, err := encode.New(kind, exporter.Settings{})
			if err != nil {
				b.Fatal(err)
			}
			path := filepath.Join(b.TempDir(), "trace.log")
			export(b, open(b, path, file.WithEncoder(encoder)), benchSpans(1000, 4)...)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n++; n%1000 != 0 {
					continue
				}
				for _, err := range readback.Read(path) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// TestExportAllocations sees that nothing is allocated for a span; what is allocated for a
// batch is looking whether the file is still the one with the name.
func TestExportAllocations(t *testing.T) {
	list := benchSpans(benchBatch, 8)
	do := driverTurn(t, list)
	do()
	const most = 8
	if got := testing.AllocsPerRun(50, do); got > most {
		t.Errorf("%.0f allocations for a batch of %d spans, want at most %d", got, benchBatch, most)
	}
}
