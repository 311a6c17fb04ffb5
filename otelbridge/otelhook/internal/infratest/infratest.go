// Package infratest has the shape of the framework's own package, as far as tracing is
// concerned: what a hook must fit without either side importing the other. It is used by
// tests alone.
package infratest

import (
	"context"
	"sync"
)

// Map is the framework's attribute map, an alias.
type Map = map[string]any

// TraceSpan is the framework's span.
type TraceSpan interface{ End(results ...any) }

// TraceHook is what the framework calls.
type TraceHook interface {
	Begin(meta *Meta, name string, attrs Map) TraceSpan
	Trace(meta *Meta, name, status string, attrs Map) error
}

// Meta is the framework's Meta: it knows nothing of OpenTelemetry, and keeps ids as it is told.
type Meta struct {
	mu                                   sync.Mutex
	ctx                                  context.Context // as the framework does
	traceID, spanID, parent, kind, entry string
}

// NewMeta returns an empty Meta; its context is nil.
func NewMeta() *Meta { return &Meta{} }

// Context may be nil.
func (m *Meta) Context() context.Context {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ctx
}

// WithContext sets and returns the receiver.
func (m *Meta) WithContext(ctx context.Context) *Meta {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ctx = ctx
	return m
}

// TraceId sets and gets.
func (m *Meta) TraceId(v ...string) string { return m.field(&m.traceID, v) } //nolint:revive // the framework's spelling

// SpanId sets and gets.
func (m *Meta) SpanId(v ...string) string { return m.field(&m.spanID, v) } //nolint:revive // the framework's spelling

// ParentSpanId sets and gets.
func (m *Meta) ParentSpanId(v ...string) string { return m.field(&m.parent, v) } //nolint:revive // the framework's spelling

// TraceKind sets and gets.
func (m *Meta) TraceKind(v ...string) string { return m.field(&m.kind, v) }

// TraceEntry sets and gets.
func (m *Meta) TraceEntry(v ...string) string { return m.field(&m.entry, v) }

// Parse does what the framework does with a traceparent header: it sets the ids of trace
// and parent, and leaves the span's alone.
func (m *Meta) Parse(traceID, parent string) {
	m.TraceId(traceID)
	m.ParentSpanId(parent)
}

func (m *Meta) field(f *string, v []string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(v) > 0 {
		*f = v[0]
	}
	return *f
}
