package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// deliverPairs run from Begin to bytes in a file, flush included, with producers that never
// pause. Both sides wait when their queue is full, and the file is counted: a row in which a span is
// missing fails.
func deliverPairs() (pairs []pair) {
	for _, producers := range []int{2, 1024} {
		pairs = append(pairs, deliverPair(producers))
	}
	return pairs
}

func deliverPair(producers int) pair {
	return pair{
		name: fmt.Sprintf("Begin to bytes in the file, %d producers", producers), over: "`stdouttrace` behind a blocking batcher",
		target: 0.5, allocs: -1,
		base: func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "stdouttrace.log")
			f, err := os.Create(path)
			if err != nil {
				fail(b, err)
			}
			e, err := stdouttrace.New(stdouttrace.WithWriter(f))
			if err != nil {
				fail(b, err)
			}
			tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e, sdktrace.WithBlocking(),
				sdktrace.WithMaxQueueSize(1024), sdktrace.WithMaxExportBatchSize(256), sdktrace.WithBatchTimeout(200*time.Millisecond)))
			deliver(b, path, otelbridge.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp), tp.Shutdown, producers)
		},
		ours: func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "trace.log")
			cfg, err := config.Parse(fmt.Appendf(nil, "[trace]\ndriver = \"file\"\njson = true\nblock_timeout = \"1m\"\n"+
				"[trace.setting]\npath = %q\nmaxsize = \"1000GB\"\n", path), "toml")
			if err != nil {
				fail(b, err)
			}
			br, err := otelbridge.New(context.Background(), cfg)
			if err != nil {
				fail(b, err)
			}
			deliver(b, path, br.Hook(), br.Shutdown, producers)
		},
	}
}

func deliver(b *testing.B, path string, hook tracehook.TraceHook, shutdown func(context.Context) error, n int) {
	b.Helper()
	attrs := fourInMap()
	b.ReportAllocs()
	b.ResetTimer()
	var producers sync.WaitGroup
	for i := range n {
		producers.Go(func() {
			meta := tracehook.NewMeta()
			for range (b.N + i) / n {
				hook.Begin(meta, "http:users", attrs).End()
			}
		})
	}
	producers.Wait()
	if err := shutdown(context.Background()); err != nil {
		fail(b, err)
	}
	b.StopTimer()
	data, err := os.ReadFile(path)
	if err != nil {
		fail(b, err)
	}
	if lines := bytes.Count(data, []byte{'\n'}); lines != b.N {
		fail(b, fmt.Errorf("%d spans ended, %d are in the file", b.N, lines))
	}
}
