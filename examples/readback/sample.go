package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/file"
)

// writeSample writes the traces of a little shop with the file exporter, so that there is
// something to read.
func writeSample(dir string) (err error) {
	exporter, err := file.New(filepath.Join(dir, "trace.log"), file.WithMaxLines(4), file.WithCompression())
	if err != nil {
		return err
	}
	ctx := context.Background()
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	defer func() { err = errors.Join(err, provider.Shutdown(ctx)) }()
	tracer := provider.Tracer("sample")
	start := time.Now().Add(-time.Minute)
	at := func(ms int) trace.SpanEventOption {
		return trace.WithTimestamp(start.Add(time.Duration(ms) * time.Millisecond))
	}
	for i, took := range []int{40, 250, 90, 20} {
		order, root := tracer.Start(ctx, "POST /orders", at(0))
		root.SetAttributes(attribute.Int("order", i))
		_, stock := tracer.Start(order, "check stock", at(2))
		stock.SetAttributes(attribute.String("db.system.name", "postgresql"))
		stock.End(at(took / 4))
		_, pay := tracer.Start(order, "pay", at(took/4))
		pay.SetAttributes(attribute.String("bank", "first"))
		if took > 200 {
			pay.SetStatus(codes.Error, "the bank took too long")
		}
		pay.End(at(took - 3))
		root.End(at(took))
	}
	return nil
}
