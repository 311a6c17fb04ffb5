package delivery_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/report"
)

// transport answers each batch with say. Before that it closes began, and waits until its context
// is done, or for release, which it does not care to leave.
type transport struct {
	say            delivery.Verdict
	hang           bool
	began, release chan struct{}
	closed         int
	sent           int
}

func (d *transport) Send(ctx context.Context, _ delivery.Batch) delivery.Verdict {
	if d.began != nil {
		close(d.began)
	}
	if d.release != nil {
		<-d.release
	}
	if d.hang {
		<-ctx.Done()
		return delivery.Verdict{Outcome: delivery.Retry, Err: ctx.Err()}
	}
	d.sent++
	return d.say
}

func (d *transport) Close() error { d.closed++; return nil }

// one encodes each span as one byte, and leaves out those that are called bad.
func one(spans []sdktrace.ReadOnlySpan) (b delivery.Batch, err error) {
	for _, s := range spans {
		switch {
		case s == nil:
		case s.Name() == "bad":
			err = errBad
		default:
			b.Body, b.Spans = append(b.Body, 'x'), b.Spans+1
		}
	}
	return b, err
}

var errBad = errors.New("a span is bad")

func bad() sdktrace.ReadOnlySpan { return tracetest.SpanStub{Name: "bad"}.Snapshot() }

// newExporter returns an exporter on d. It shows its destination as db.
func newExporter(tb testing.TB, d delivery.Transport, o delivery.Options) *delivery.Exporter {
	tb.Helper()
	return delivery.New(tb.Context(), delivery.Config{Driver: "test", Target: "db", Transport: d, Encode: one, Options: o})
}

// Where nothing runs, a context that is done already is no reason to say that something does.
func TestShutdownWithAContextThatIsDone(t *testing.T) {
	t.Parallel()
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2000 { // a select between two ready channels would fail half of them
		d := &transport{}
		e := newExporter(t, d, delivery.Options{})
		if err := e.ExportSpans(t.Context(), exportertest.Many(1)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := e.Shutdown(done); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.ExportSpans(t.Context(), exportertest.Many(1)); err != nil || d.sent != 1 || d.closed != 1 {
			t.Fatalf("after Shutdown: %v, %d sent, %d times closed", err, d.sent, d.closed)
		}
	}
}

// The context of New is that of opening: its end doesn't end exports.
func TestExportsOutliveTheContextOfNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := delivery.New(ctx, delivery.Config{Transport: strict{}, Encode: one})
		cancel()
		if err := e.ExportSpans(t.Context(), exportertest.Many(1)); err != nil {
			t.Error(err)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// strict refuses what comes with a context that is done, or about to be.
type strict struct{}

func (strict) Send(ctx context.Context, _ delivery.Batch) delivery.Verdict {
	synctest.Wait()
	if ctx.Err() != nil {
		return delivery.Verdict{Outcome: delivery.Refused, Err: ctx.Err()}
	}
	return delivery.Verdict{}
}

func (strict) Close() error { return nil }

func TestShutdownEndsExports(t *testing.T) {
	t.Parallel()
	d := &transport{hang: true, began: make(chan struct{})}
	e := newExporter(t, d, delivery.Options{Once: true})
	ended := make(chan error, 1)
	go func() { ended <- e.ExportSpans(t.Context(), exportertest.Many(3)) }()
	<-d.began
	if err := e.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) || report.Read(err, 3).Failed != 3 {
		t.Errorf("the export: %v", err)
	}
}

func TestShutdownNamesAnExportThatIgnoresItsContext(t *testing.T) {
	t.Parallel()
	d := &transport{began: make(chan struct{}), release: make(chan struct{})}
	e := newExporter(t, d, delivery.Options{})
	ended := make(chan error, 1)
	go func() { ended <- e.ExportSpans(t.Context(), exportertest.Many(1)) }()
	<-d.began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "an export to db is still running: context canceled") {
		t.Errorf("got %v", err)
	}
	close(d.release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Spans that can't be encoded are added to what became of the others.
func TestSpansThatCanNotBeSent(t *testing.T) {
	t.Parallel()
	spans := append(exportertest.Many(3), bad(), nil)
	for _, tt := range []struct {
		name   string
		say    delivery.Verdict
		give   []sdktrace.ReadOnlySpan
		want   report.Result
		reason string
	}{
		{"the others are delivered", delivery.Verdict{}, spans, report.Result{Exported: 3, Failed: 1}, "1 span not delivered, 3 spans delivered: encoding for db: a span is bad"},
		{"some of the others are rejected", delivery.Verdict{Rejected: 2}, spans, report.Result{Exported: 1, Failed: 3}, "it didn't say why; and encoding for db: a span is bad"},
		{"the others are refused", delivery.Verdict{Outcome: delivery.Refused, Err: errors.New("no")}, spans, report.Result{Failed: 4}, "no; and encoding for db: a span is bad"},
		{"there are no others", delivery.Verdict{}, spans[3:4], report.Result{Failed: 1}, "1 span not delivered: encoding for db: a span is bad"},
	} {
		d := &transport{say: tt.say}
		e := newExporter(t, d, delivery.Options{Once: true})
		err := e.ExportSpans(t.Context(), tt.give)
		got, ok := errors.AsType[*report.Result](err)
		if !ok || got.Exported != tt.want.Exported || got.Failed != tt.want.Failed || got.Spooled != 0 {
			t.Errorf("%s: %v", tt.name, err)
		} else if !strings.HasSuffix(err.Error(), tt.reason) || !errors.Is(err, errBad) {
			t.Errorf("%s: %q, want an end of %q", tt.name, err, tt.reason)
		}
		if d.sent != min(len(tt.give)-1, 1) {
			t.Errorf("%s: %d batches were sent", tt.name, d.sent)
		}
	}
}

func TestPutWritesToTheStoreAlone(t *testing.T) {
	t.Parallel()
	d := &transport{}
	e := newExporter(t, d, delivery.Options{})
	kept := &store{}
	e.Keep(kept)
	if err := e.Put(t.Context(), append(exportertest.Many(3), bad(), nil)); err == nil || !strings.HasPrefix(err.Error(), "4 spans not delivered") {
		t.Errorf("a span that can't be sent: %v", err)
	}
	if err := e.Put(t.Context(), exportertest.Many(3)); err != nil || kept.spans != 3 || d.sent != 0 {
		t.Errorf("%v, %d spans in the store, %d batches sent", err, kept.spans, d.sent)
	}
	if err := e.Shutdown(t.Context()); err != nil || !kept.closed {
		t.Errorf("Shutdown: %v; the store is closed: %t", err, kept.closed)
	}
	if err := e.Put(t.Context(), exportertest.Many(1)); err == nil || kept.spans != 3 {
		t.Errorf("after Shutdown: %v, %d spans in the store", err, kept.spans)
	}
}

// store counts the spans that it is to keep.
type store struct {
	delivery.Store

	spans  int
	closed bool
}

func (s *store) Put(b delivery.Batch) error  { s.spans += b.Spans; return nil }
func (s *store) Close(context.Context) error { s.closed = true; return nil }
