package otelhook_test

import (
	"context"
	"sync"
)

// What follows has the shape of the framework's own package, as far as tracing is concerned: what a
// hook must fit without either side importing the other.

// infraMap is the framework's attribute map, an alias.
type infraMap = map[string]any

// infraTraceSpan is the framework's span.
type infraTraceSpan interface{ End(results ...any) }

// infraTraceHook is what the framework calls.
type infraTraceHook interface {
	Begin(meta *infraMeta, name string, attrs infraMap) infraTraceSpan
	Trace(meta *infraMeta, name, status string, attrs infraMap) error
}

// infraMeta is the framework's Meta: it knows nothing of OpenTelemetry, and keeps ids as it is told.
type infraMeta struct {
	mu                                   sync.Mutex
	ctx                                  context.Context // as the framework does
	traceID, spanID, parent, kind, entry string
}

// newInfraMeta returns an empty one; its context is nil.
func newInfraMeta() *infraMeta { return &infraMeta{} }

// Context may be nil.
func (m *infraMeta) Context() context.Context {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ctx
}

// WithContext sets and returns the receiver.
func (m *infraMeta) WithContext(ctx context.Context) *infraMeta {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ctx = ctx
	return m
}

// TraceId sets and gets.
func (m *infraMeta) TraceId(v ...string) string { return m.field(&m.traceID, v) } //nolint:revive // the framework's spelling

// SpanId sets and gets.
func (m *infraMeta) SpanId(v ...string) string { return m.field(&m.spanID, v) } //nolint:revive // the framework's spelling

// ParentSpanId sets and gets.
func (m *infraMeta) ParentSpanId(v ...string) string { return m.field(&m.parent, v) } //nolint:revive // the framework's spelling

// TraceKind sets and gets.
func (m *infraMeta) TraceKind(v ...string) string { return m.field(&m.kind, v) }

// TraceEntry sets and gets.
func (m *infraMeta) TraceEntry(v ...string) string { return m.field(&m.entry, v) }

// Parse does what the framework does with a traceparent header: it sets the ids of trace
// and parent, and leaves the span's alone.
func (m *infraMeta) Parse(traceID, parent string) {
	m.TraceId(traceID)
	m.ParentSpanId(parent)
}

func (m *infraMeta) field(f *string, v []string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(v) > 0 {
		*f = v[0]
	}
	return *f
}
