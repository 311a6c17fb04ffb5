package processor_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
)

// instrumented is an exporter that makes spans with the provider that it exports for.
type instrumented struct {
	tracer  trace.Tracer // asking the provider for one while it shuts down may wait for that
	detach  bool         // passes another context on than the one it got
	other   context.Context
	exports atomic.Int64
	attrs   []attribute.KeyValue
}

//nolint:contextcheck // losing the context is the fault under test
func (e *instrumented) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.exports.Add(1)
	for range spans {
		under := ctx
		if e.detach {
			under = e.other
		}
		inner, span := e.tracer.Start(under, "POST", trace.WithAttributes(e.attrs...))
		_, child := e.tracer.Start(inner, "dial")
		child.End()
		span.End()
	}
	return nil
}

func (*instrumented) Shutdown(context.Context) error { return nil }

func TestExporterThatTracesItselfDoesNotLoop(t *testing.T) {
	t.Parallel()
	e := &instrumented{}
	f := open(t, processor.Options{}, processor.ConnectionConfig{
		Name: "c", Open: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
		Schedule: time.Millisecond,
	})
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(f))
	e.tracer = tp.Tracer("client")
	for range 10 {
		_, span := tp.Tracer("app").Start(t.Context(), "work")
		span.End()
	}
	if err := tp.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := f.Stats()
	mustHold(t, st)
	if c := st.Connections["c"]; c.Exported != 10 || c.Dropped.Recursion != 20 || c.Accepted != 10 || c.Adjusted.Dropped.Recursion != 20 {
		t.Errorf("%+v", c)
	}
}

// The provider's limit of attributes doesn't matter, nor that a stranger's tracestate reaches the
// exporter's spans.
func TestExporterThatTracesItselfWithFewAttributes(t *testing.T) {
	t.Parallel()
	e := &instrumented{attrs: []attribute.KeyValue{attribute.Int("a", 1), attribute.Int("b", 2), attribute.Int("c", 3)}}
	f := open(t, processor.Options{}, processor.ConnectionConfig{
		Name: "c", Open: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
		Schedule: time.Millisecond,
	})
	limits := sdktrace.NewSpanLimits()
	limits.AttributeCountLimit = 3
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(f), sdktrace.WithRawSpanLimits(limits))
	e.tracer = tp.Tracer("client")
	_, span := tp.Tracer("app").Start(t.Context(), "work")
	span.End()
	for range 5 {
		if err := tp.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.exports.Load(); got != 1 {
		t.Errorf("one span was exported %d times", got)
	}
	if c := f.Stats().Connections["c"]; c.Dropped.Recursion != 2 {
		t.Errorf("%+v, want the two spans of the export dropped", c.Dropped)
	}
}

func TestExporterThatTracesItselfElsewhereDoesNotDeadlock(t *testing.T) {
	t.Parallel()
	for _, o := range []processor.Overflow{processor.OverflowBlock, processor.OverflowSync} {
		t.Run(o.String(), func(t *testing.T) {
			t.Parallel()
			e := &instrumented{detach: true, other: t.Context()}
			stop := atomic.Bool{}
			f := open(t, processor.Options{}, processor.ConnectionConfig{
				Name: "c", Open: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
				QueueSize: 4, BatchSize: 4, Schedule: time.Millisecond, BlockTimeout: time.Millisecond, Overflow: o,
				Decider: decide(func(*decision.Span, float64) decision.Verdict { return decision.Verdict{Keep: !stop.Load()} }),
			})
			tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(f))
			e.tracer = tp.Tracer("client")
			for range 200 {
				_, span := tp.Tracer("app").Start(t.Context(), "work")
				span.End()
			}
			stop.Store(true)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_ = mustOnlyLose(t, tp.Shutdown(ctx))
			st := f.Stats()
			mustHold(t, st)
			if c := st.Connections["c"]; c.Pending != 0 || c.Exported == 0 {
				t.Errorf("%+v", c)
			}
		})
	}
}

// An exporter that loses the context of its export is noticed by the stack it starts spans on: its own
// exports are told of and refused, whatever else the process does at the time.
func TestExporterThatTracesItselfElsewhereIsNoticed(t *testing.T) {
	t.Parallel()
	e := &instrumented{detach: true, other: t.Context()}
	var log lines
	f := open(t, processor.Options{Logger: log.logger(slog.LevelWarn)}, processor.ConnectionConfig{
		Name: "itself", Open: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil }, Schedule: time.Millisecond,
	})
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(f))
	e.tracer = tp.Tracer("client")
	_, span := tp.Tracer("app").Start(t.Context(), "work")
	span.End()
	for range 20 {
		if err := tp.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.exports.Load(); got != 1 {
		t.Errorf("one span was exported %d times", got)
	}
	if c := f.Stats().Connections["itself"]; c.Dropped.Recursion != 2 || c.Exported != 1 {
		t.Errorf("%+v, want the two spans of the export dropped", c)
	}
	_, span = tp.Tracer("app").Start(t.Context(), "more work")
	span.End()
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := f.Stats().Connections["itself"]; c.Exported != 2 {
		t.Errorf("%+v, want the application's own spans exported", c)
	}
	if text := fmt.Sprint(log.all(t)); !strings.Contains(text, "traces its own exports") || !strings.Contains(text, "itself") || !strings.Contains(text, "POST") {
		t.Errorf("not told: %q", text)
	}
}
