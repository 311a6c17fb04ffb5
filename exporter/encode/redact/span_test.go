package redact_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/exporter/report"
)

func TestNothingFoundIsNothingCopied(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Options{Defaults: true, Mask: []string{"*password*"}})
	in := ordinary(1, 4)[0]
	s := r.Spans([]sdktrace.ReadOnlySpan{in})[0]
	if &s.Attributes()[0] != &in.Attributes()[0] || s.Resource() != in.Resource() {
		t.Error("the attributes or the resource were copied")
	}
	if batch := []sdktrace.ReadOnlySpan{in}; s != in || &r.Spans(batch)[0] != &batch[0] {
		t.Error("the span or the batch was copied")
	}
	if len(r.Counts()) != 0 {
		t.Errorf("counted %v", r.Counts())
	}
}

func TestReadingAllocatesNothing(t *testing.T) { // not parallel: it counts allocations
	r := newRedactor(t, redact.Options{Defaults: true, Mask: []string{"*password*"}})
	const n = 100
	spans := ordinary(n, 8)
	r.Spans(spans) // the keys and the resource are remembered
	if got := testing.AllocsPerRun(10, func() {
		for _, s := range r.Spans(spans) {
			s.Name()
			s.Attributes()
			s.Events()
			s.Links()
			s.Status()
			s.Resource()
			s.InstrumentationScope()
		}
	}); got > 0 {
		t.Errorf("a batch of %d spans costs %v allocations", n, got)
	}
}

func TestReadersOfOneSpanConcurrentSafe(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Options{Defaults: true})
	s := r.Spans([]sdktrace.ReadOnlySpan{tracetest.SpanStub{
		Name: "x://u:p@h", Attributes: []attribute.KeyValue{attribute.String("k", "x://u:p@h")},
		Events: []sdktrace.Event{{Name: "x://u:p@h"}},
	}.Snapshot()})[0]
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			const want = "x://REDACTED:REDACTED@h"
			if s.Name() != want || s.Attributes()[0].Value.AsString() != want || s.Events()[0].Name != want {
				t.Error("a reader sees the secret")
			}
		})
	}
	wg.Wait()
}

// store is an exporter with a spool.
type store struct {
	tracetest.InMemoryExporter
	spooled []sdktrace.ReadOnlySpan
}

func (s *store) SpoolSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	s.spooled = append(s.spooled, spans...)
	return errors.New("full")
}

func (*store) SpoolCounts() (pending, replayed, dead, expired int64) { return 1, 2, 3, 4 }

func TestExporter(t *testing.T) {
	t.Parallel()
	const secret, hidden = "x://u:hunter2@h", "x://REDACTED:REDACTED@h"
	r := newRedactor(t, redact.Options{Defaults: true})
	spans := []sdktrace.ReadOnlySpan{tracetest.SpanStub{Name: secret}.Snapshot()}
	plain := tracetest.NewInMemoryExporter()
	if e := r.Exporter(plain); report.SpoolOf(e).CanSpool() {
		t.Error("an exporter without a spool has one now")
	} else if err := e.ExportSpans(t.Context(), spans); err != nil || plain.GetSpans()[0].Name != hidden {
		t.Errorf("exported %q, %v", plain.GetSpans()[0].Name, err)
	}
	own := &store{}
	e := r.Exporter(own)
	spool := report.SpoolOf(e)
	if err := spool.SpoolSpans(t.Context(), spans); err == nil || own.spooled[0].Name() != hidden {
		t.Errorf("spooled %q, %v", own.spooled[0].Name(), err)
	}
	if n := spool.Counts(); n.Pending != 1 || n.Dead != 3 {
		t.Errorf("the spool counts %+v", n)
	}
	if spans[0].Name() != secret {
		t.Error("the caller's slice was written to")
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	var none *redact.Redactor
	if none.Exporter(plain) != sdktrace.SpanExporter(plain) || len(none.Spans(spans)) != 1 || len(none.Counts()) != 0 {
		t.Error("a nil Redactor does something")
	}
}
