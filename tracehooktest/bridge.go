package tracehooktest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge/bridge"
)

// Bridge is a [bridge.Bridge] whose only connection keeps every span in memory. Its methods are
// safe for concurrent use, but those that may end the test (all but [Bridge.Spans], [Bridge.Find],
// [Bridge.Open] and [Bridge.Tree]) are for the test's own goroutine.
type Bridge struct {
	*bridge.Bridge

	tb        testing.TB
	kept      *memory.Exporter
	record    *record
	options   []bridge.Option
	masked    []string
	patience  time.Duration
	byName    bool
	checkOpen bool
}

// New returns a Bridge for tb, which shuts it down at its end. No variable of the environment has
// an influence on it.
func New(tb testing.TB, opts ...Option) *Bridge {
	tb.Helper()
	b := &Bridge{tb: tb, kept: memory.New(memory.WithLimit(0)), record: newRecord(), patience: DefaultPatience}
	for _, opt := range opts {
		opt(b)
	}
	cfg, err := config.Parse([]byte("[trace]\ndriver = 'test'\n"), "toml", config.WithEnviron(func() []string { return nil }))
	if err != nil {
		tb.Fatalf("tracehooktest: %v", err)
	}
	driver := func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		return notifier{b.kept, b.record}, nil
	}
	options := append([]bridge.Option{
		bridge.WithTracerProviderOptions(sdktrace.WithSpanProcessor(b.record)),
	}, b.options...)
	b.Bridge, err = bridge.New(context.WithoutCancel(tb.Context()), cfg, append(options, bridge.WithDriver("test", driver))...)
	if err != nil {
		tb.Fatalf("tracehooktest: %v", err)
	}
	tb.Cleanup(b.end)
	return b
}

// end is the end of the test.
func (b *Bridge) end() {
	if open := b.Open(); b.checkOpen && len(open) > 0 {
		b.tb.Errorf("tracehooktest: spans that were begun and have not ended: %s", strings.Join(open, ", "))
	}
	ctx, cancel := context.WithTimeout(context.Background(), b.patience)
	defer cancel()
	if err := b.Shutdown(ctx); err != nil {
		b.tb.Errorf("tracehooktest: %v", err)
	}
}

// Spans returns the spans that have ended, as they are exported: redacted, and in the order of their
// ends. The slice is the caller's.
func (b *Bridge) Spans() []sdktrace.ReadOnlySpan {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), b.patience)
	defer cancel()
	if err := b.ForceFlush(ctx); err != nil {
		b.tb.Errorf("tracehooktest: %v", err)
	}
	return b.kept.Spans()
}

// Find returns the spans that have ended, with that name and all those attributes, in the order of
// their ends. An empty name stands for any.
func (b *Bridge) Find(name string, attrs ...attribute.KeyValue) []sdktrace.ReadOnlySpan {
	b.tb.Helper()
	return slices.DeleteFunc(b.Spans(), func(s sdktrace.ReadOnlySpan) bool {
		return name != "" && s.Name() != name || !hasAll(s.Attributes(), attrs)
	})
}

func hasAll(have, want []attribute.KeyValue) bool {
	for _, kv := range want {
		if !slices.Contains(have, kv) {
			return false
		}
	}
	return true
}

// Open returns the names of the spans that were begun and have not ended, in the order of their
// starts.
func (b *Bridge) Open() []string { return b.record.openNames() }

// Reset forgets the spans that have ended.
func (b *Bridge) Reset() {
	b.tb.Helper()
	b.Spans() // what is queued arrives before it is forgotten
	b.kept.Clear()
}
