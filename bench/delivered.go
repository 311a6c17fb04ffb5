package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/docs/figures"
	"github.com/tracehook/tracehook/otelbridge"
)

// flatOut is how many spans two producers end that never pause.
const flatOut = 100_000

// delivered is how many of the spans of flat-out producers are in the file in the end. Everything has its
// defaults.
func delivered() []source {
	return []source{
		&absolute{
			row: figures.Row{What: "the driver `file`", Unit: "%", Target: 100, AtLeast: true},
			once: func() (float64, error) {
				return inFile(func(path string) (trace.TracerProvider, func(context.Context) error, error) {
					cfg, err := config.Parse(fmt.Appendf(nil, "[trace]\ndriver = \"file\"\njson = true\n[trace.setting]\npath = %q\n", path), "toml")
					if err != nil {
						return nil, nil, err
					}
					br, err := otelbridge.New(context.Background(), cfg)
					if err != nil {
						return nil, nil, err
					}
					return br.TracerProvider(), br.Shutdown, nil
				})
			},
		},
		&absolute{
			row: figures.Row{What: "the SDK's batcher with `stdouttrace`", Unit: "%"},
			once: func() (float64, error) {
				return inFile(func(path string) (trace.TracerProvider, func(context.Context) error, error) {
					f, err := os.Create(path)
					if err != nil {
						return nil, nil, err
					}
					e, err := stdouttrace.New(stdouttrace.WithWriter(f))
					if err != nil {
						return nil, nil, err
					}
					tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e))
					return tp, tp.Shutdown, nil
				})
			},
		},
	}
}

// inFile returns how many percent of the spans are in the file.
func inFile(open func(path string) (trace.TracerProvider, func(context.Context) error, error)) (percent float64, err error) {
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "trace.log")
	tp, shutdown, err := open(path)
	if err != nil {
		return 0, err
	}
	one := startEnd(tp.Tracer("bench"))
	var producers sync.WaitGroup
	for range 2 {
		producers.Go(func() {
			for range flatOut / 2 {
				one()
			}
		})
	}
	producers.Wait()
	if err := shutdown(context.Background()); err != nil {
		return 0, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return 100 * float64(bytes.Count(data, []byte{'\n'})) / flatOut, nil
}
