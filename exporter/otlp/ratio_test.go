//go:build unix

package otlp_test

import (
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/spool"
)

// BenchmarkRatio measures CPU time in turn, ten batches each, and reports ratios of medians: what
// exports cost over the official exporter, without a spool and with one that is idle.
func BenchmarkRatio(b *testing.B) {
	spans := recorded(b, 256)
	official, err := otlptrace.New(b.Context(), otlptracehttp.NewClient(otlptracehttp.WithEndpointURL(sink(b))))
	if err != nil {
		b.Fatal(err)
	}
	spooled, err := otlp.NewSpooled(b.Context(), otlp.Options{URL: sink(b)}, spool.Options{Dir: filepath.Join(b.TempDir(), "s"), Connection: "c"})
	if err != nil {
		b.Fatal(err)
	}
	plain, err := otlp.New(b.Context(), otlp.Options{URL: sink(b)})
	if err != nil {
		b.Fatal(err)
	}
	contenders := []sdktrace.SpanExporter{official, spooled, plain}
	times := make([][]time.Duration, len(contenders))
	const inARow = 10 // the clock of the CPU is coarse
	for b.Loop() {
		for i, e := range contenders {
			begin := cpu(b)
			for range inARow {
				if err := e.ExportSpans(b.Context(), spans); err != nil {
					b.Fatal(err)
				}
			}
			times[i] = append(times[i], cpu(b)-begin)
		}
	}
	median := func(i int) float64 {
		slices.Sort(times[i])
		return float64(times[i][len(times[i])/2])
	}
	b.ReportMetric(median(1)/median(0), "spooled/official")
	b.ReportMetric(median(2)/median(0), "plain/official")
	for _, e := range contenders {
		_ = e.Shutdown(b.Context())
	}
}

// cpu returns what the process has used so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
