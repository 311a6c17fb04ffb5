package encode_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// BenchmarkRatio runs the JSON encoder with one write for each batch of 256 spans, OTel's
// stdouttrace, and a write of the same bytes ready-made, in turns, each into a file of its
// own, and reports the ratios of their medians: how many times stdouttrace costs what we
// cost, and how many times we cost what the bytes alone cost.
func BenchmarkRatio(b *testing.B) {
	for _, attributes := range []int{1, 4, 8, 64} {
		b.Run(fmt.Sprintf("attributes=%d", attributes), func(b *testing.B) {
			spans := ended(b, 256, attributes)
			dir := b.TempDir()
			open := func(name string) io.Writer {
				f, err := os.Create(filepath.Join(dir, name))
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { _ = f.Close() })
				return &rewinding{File: f}
			}
			ourFile, theirFile, plainFile := open("ours"), open("theirs"), open("plain")
			encoder, err := encode.NewJSON(exporter.Settings{})
			if err != nil {
				b.Fatal(err)
			}
			other, err := stdouttrace.New(stdouttrace.WithWriter(theirFile))
			if err != nil {
				b.Fatal(err)
			}
			buf := encoder.Append(nil, spans)
			ready := slices.Clone(buf)
			ctx := context.WithoutCancel(b.Context())
			var ours, theirs, plain []time.Duration
			for b.Loop() {
				ours = append(ours, took(func() {
					buf = encoder.Append(buf[:0], spans)
					_, err = ourFile.Write(buf)
				}))
				plain = append(plain, took(func() { _, err = plainFile.Write(ready) }))
				theirs = append(theirs, took(func() { err = export(ctx, other, spans) }))
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(median(theirs))/float64(median(ours)), "x_stdouttrace")
			b.ReportMetric(float64(median(ours))/float64(median(plain)), "x_plain_write")
			b.ReportMetric(float64(median(ours))/256, "ns/span")
		})
	}
}

func export(ctx context.Context, e sdktrace.SpanExporter, spans []sdktrace.ReadOnlySpan) error {
	return e.ExportSpans(ctx, spans)
}

// rewinding starts the file over before it becomes large.
type rewinding struct {
	*os.File

	written int
}

func (r *rewinding) Write(p []byte) (int, error) {
	const large = 64 << 20
	if r.written += len(p); r.written > large {
		r.written = 0
		_, _ = r.Seek(0, io.SeekStart)
	}
	return r.File.Write(p)
}

func took(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
