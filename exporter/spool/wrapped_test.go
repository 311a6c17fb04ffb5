package spool_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/processor"
)

// wrapped is somebody's exporter around one of ours.
type wrapped struct{ sdktrace.SpanExporter }

func (w wrapped) Unwrap() sdktrace.SpanExporter { return w.SpanExporter }

// A connection finds the spool of an exporter that another one wraps, and counts what is in it.
func TestWrappedExporterKeepsItsSpool(t *testing.T) {
	t.Parallel()
	keep := spool.Options{Dir: filepath.Join(t.TempDir(), "spool"), Connection: "db"}
	open := func(ctx context.Context) (sdktrace.SpanExporter, error) {
		e, err := greptime.NewSpooled(ctx, greptime.Options{URL: "http://127.0.0.1:1", Once: true}, keep)
		return wrapped{e}, err
	}
	f, err := processor.New(t.Context(), processor.Options{}, processor.ConnectionConfig{
		Name: "db", Open: open, Overflow: processor.OverflowSpool, ExportTimeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatalf("a connection with a wrapped exporter: %v", err)
	}
	for _, s := range exportertest.Many(5) {
		f.OnEnd(s)
	}
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Logf("the flush says %v", err)
	}
	got := f.Stats().Connections["db"]
	if got.Spooled != 5 || got.SpoolPending != 5 {
		t.Errorf("%d spans are spooled and %d wait, want 5 and 5", got.Spooled, got.SpoolPending)
	}
	if err := f.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
