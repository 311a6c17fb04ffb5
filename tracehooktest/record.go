package tracehooktest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/memory"
)

// record is a span processor that knows which spans are open, in which order spans started, and
// tells those who wait that something has happened.
type record struct {
	last    sync.Once
	mu      sync.Mutex
	started map[trace.SpanID]int
	open    map[trace.SpanID]sdktrace.ReadOnlySpan
	news    chan struct{} // closed at the next change
}

func newRecord() *record {
	return &record{
		started: make(map[trace.SpanID]int), open: make(map[trace.SpanID]sdktrace.ReadOnlySpan),
		news: make(chan struct{}),
	}
}

// OnStart notes a span. The first one registers what notes the ends, as the provider's last processor:
// whoever is told of an end flushes, and the Bridge has to have the span by then.
func (r *record) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	r.last.Do(func() {
		if tp, ok := s.TracerProvider().(*sdktrace.TracerProvider); ok {
			tp.RegisterSpanProcessor(ends{record: r})
		}
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	id := s.SpanContext().SpanID()
	r.started[id], r.open[id] = len(r.started), s
}

// OnEnd does nothing: see ends.
func (*record) OnEnd(sdktrace.ReadOnlySpan) {}

// ends is the part of a record that comes behind all other processors.
type ends struct{ *record }

// OnStart does nothing.
func (ends) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd tells that a span has ended.
func (e ends) OnEnd(s sdktrace.ReadOnlySpan) {
	e.mu.Lock()
	delete(e.open, s.SpanContext().SpanID())
	e.mu.Unlock()
	e.tell()
}

// tell wakes those who wait.
func (r *record) tell() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.news)
	r.news = make(chan struct{})
}

// next returns a channel that is closed at the next change.
func (r *record) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.news
}

func (r *record) order(id trace.SpanID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.started[id]
}

func (r *record) openNames() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	spans := make([]sdktrace.ReadOnlySpan, 0, len(r.open))
	for _, s := range r.open {
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(x, y sdktrace.ReadOnlySpan) int {
		return r.started[x.SpanContext().SpanID()] - r.started[y.SpanContext().SpanID()]
	})
	var names []string
	for _, s := range spans {
		names = append(names, fmt.Sprintf("%q", s.Name()))
	}
	return names
}

// ForceFlush has nothing to do.
func (*record) ForceFlush(context.Context) error { return nil }

// Shutdown has nothing to do.
func (*record) Shutdown(context.Context) error { return nil }

// notifier keeps spans and tells those who wait.
type notifier struct {
	*memory.Exporter

	record *record
}

func (n notifier) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	defer n.record.tell()
	return n.Exporter.ExportSpans(ctx, spans)
}
