package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/internal/query/querytest"
)

// cpu is the time that this process has used on any core.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// encodedFor is spans as the driver "file" writes them.
func encodedFor(b *testing.B, kind string, spans ...sdktrace.ReadOnlySpan) string {
	b.Helper()
	e, err := encode.New(kind, exporter.Settings{})
	if err != nil {
		b.Fatal(err)
	}
	return string(e.Append(nil, spans))
}

// BenchmarkLs lists what a query finds in a file of JSON. MB/cpu-s is what one core does in a second,
// whatever else the machine does.
func BenchmarkLs(b *testing.B) {
	path := filepath.Join(b.TempDir(), "trace.jsonl")
	var unit strings.Builder
	for i := range 50 {
		spans := exportertest.Many(20)
		if i == 0 {
			spans = append(spans, querytest.Spans()...)
		}
		unit.WriteString(encodedFor(b, "json", spans...))
	}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	const most = 128 << 20
	size := 0
	for size < most {
		n, err := io.WriteString(f, unit.String())
		if size += n; err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	for _, query := range []string{"status:error", "duration:>10m", "@http.route:/nowhere", `"no such text"`, "name:login status:error duration:>1s"} {
		b.Run(query, func(b *testing.B) {
			b.SetBytes(int64(size))
			before := cpu(b)
			for b.Loop() {
				p := &program{
					in: strings.NewReader(""), out: io.Discard, err: io.Discard, environ: func() []string { return nil },
					terminal: func() int { return 0 }, bar: func() int { return 0 },
				}
				if code := run(b.Context(), p, []string{"ls", path, "-q", query}); code != fine {
					b.Fatal(code)
				}
			}
			b.ReportMetric(float64(size)*float64(b.N)/1e6/(cpu(b)-before).Seconds(), "MB/cpu-s")
		})
	}
}

// BenchmarkTail measures how long it takes from the write of a span to its line.
func BenchmarkTail(b *testing.B) {
	path := filepath.Join(b.TempDir(), "trace.jsonl")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	screen, out := io.Pipe()
	p := &program{
		in: strings.NewReader(""), out: out, err: io.Discard, environ: func() []string { return nil },
		terminal: func() int { return 0 }, bar: func() int { return 0 },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = run(b.Context(), p, []string{"tail", path, "--from-start"})
	}()
	span := encodedFor(b, "json", exportertest.Many(1)...)
	buf := make([]byte, 1<<16)
	var all []time.Duration
	for b.Loop() {
		time.Sleep(7 * time.Millisecond) // so that it is caught anywhere between two looks
		begin := time.Now()
		if _, err := io.WriteString(f, span); err != nil {
			b.Fatal(err)
		}
		if _, err := screen.Read(buf); err != nil {
			b.Fatal(err)
		}
		all = append(all, time.Since(begin))
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2])/1e6, "ms/median")
	b.ReportMetric(float64(all[len(all)*99/100])/1e6, "ms/p99")
	_ = screen.Close()
}
