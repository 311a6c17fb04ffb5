package memory

import (
	"context"
	"math"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter"
)

// DefaultLimit is how many spans an Exporter keeps if it isn't told.
const DefaultLimit = 10_000

// Driver returns the driver "memory". Its only setting is limit, the number of spans
// that it keeps: at least 1, 10,000 if absent. It has no vote on the sampled flag. To
// look at the spans, make an exporter with [New] and register a driver that returns it.
func Driver() exporter.Driver {
	return exporter.Driver{
		New: func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			limit, err := settings(s)
			if err != nil {
				return nil, err
			}
			return New(WithLimit(limit)), nil
		},
		Check: func(s exporter.Settings) error {
			_, err := settings(s)
			return err
		},
		Local: true,
	}
}

func settings(s exporter.Settings) (limit int, err error) {
	d := s.Table("setting")
	limit = d.Int(DefaultLimit, 1, math.MaxInt32, "limit")
	return limit, d.Err()
}

// Option changes what [New] makes.
type Option func(*Exporter)

// WithLimit bounds how many spans are kept; the oldest go first. The default is
// [DefaultLimit]; below 1 there is no bound.
func WithLimit(spans int) Option { return func(e *Exporter) { e.limit = spans } }

// Exporter keeps spans. It is safe for concurrent use.
type Exporter struct {
	mu       sync.Mutex
	ring     []sdktrace.ReadOnlySpan // the oldest is at start once it is full
	start    int
	limit    int
	forgot   int64
	shutdown bool
}

var _ sdktrace.SpanExporter = (*Exporter)(nil)

// New returns an empty Exporter.
func New(opts ...Option) *Exporter {
	e := &Exporter{limit: DefaultLimit}
	for _, opt := range opts {
		opt(e)
	}
	return e
}

// ExportSpans keeps spans, unless ctx is done, whose error it returns, or the exporter was
// shut down. Nil spans are skipped.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shutdown {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, s := range spans {
		switch {
		case s == nil:
		case e.limit < 1 || len(e.ring) < e.limit:
			e.ring = append(e.ring, s)
		default:
			e.ring[e.start] = s
			e.start = (e.start + 1) % e.limit
			e.forgot++
		}
	}
	return nil
}

// Spans returns the spans that are kept, in the order of their export. The slice is the
// caller's. It goes on working after Shutdown.
func (e *Exporter) Spans() []sdktrace.ReadOnlySpan {
	e.mu.Lock()
	defer e.mu.Unlock()
	spans := make([]sdktrace.ReadOnlySpan, 0, len(e.ring))
	spans = append(spans, e.ring[e.start:]...)
	return append(spans, e.ring[:e.start]...)
}

// Stubs returns what [Exporter.Spans] returns as plain data, which tests can compare.
func (e *Exporter) Stubs() tracetest.SpanStubs {
	return tracetest.SpanStubsFromReadOnlySpans(e.Spans())
}

// Len returns how many spans are kept.
func (e *Exporter) Len() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.ring)
}

// Forgotten returns how many spans the limit has cost since the last Clear.
func (e *Exporter) Forgotten() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.forgot
}

// Clear forgets all spans.
func (e *Exporter) Clear() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ring, e.start, e.forgot = nil, 0, 0
}

// Shutdown makes later exports do nothing; what is kept stays. It never fails.
func (e *Exporter) Shutdown(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shutdown = true
	return nil
}

// MarshalLog describes the exporter for OTel's own log.
func (e *Exporter) MarshalLog() any {
	return struct {
		Type  string
		Limit int
	}{"memory", e.limit}
}
