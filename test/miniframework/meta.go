package miniframework

import (
	"context"
	"maps"
	"strings"
	"sync"
)

// Meta goes with a unit of work. It knows nothing of OpenTelemetry and keeps ids as it is told.
type Meta[S any] struct {
	framework *Framework[S]

	mu                  sync.Mutex
	ctx                 context.Context
	trace, span, parent string
	kind, entry         string
	result              *Result
	frames              []frame
}

type frame struct{ span, parent, kind, entry string }

// Metadata is what travels of a Meta: ids, and neither flags nor tracestate.
type Metadata struct {
	Trace  string `json:"tid,omitempty"`
	Span   string `json:"sid,omitempty"`
	Parent string `json:"psid,omitempty"`
}

// NewMeta returns one outside of any trace.
func (f *Framework[S]) NewMeta() *Meta[S] { return &Meta[S]{framework: f} }

// Context is never nil.
func (m *Meta[S]) Context() context.Context {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx == nil {
		return context.Background()
	}
	return m.ctx
}

// WithContext sets and returns the receiver.
func (m *Meta[S]) WithContext(ctx context.Context) *Meta[S] {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ctx = ctx
	return m
}

// TraceId sets and gets.
func (m *Meta[S]) TraceId(v ...string) string { return m.field(&m.trace, v) } //nolint:revive // the framework's spelling

// SpanId sets and gets.
func (m *Meta[S]) SpanId(v ...string) string { return m.field(&m.span, v) } //nolint:revive // the framework's spelling

// ParentSpanId sets and gets.
func (m *Meta[S]) ParentSpanId(v ...string) string { return m.field(&m.parent, v) } //nolint:revive // the framework's spelling

// TraceKind sets and gets.
func (m *Meta[S]) TraceKind(v ...string) string { return m.field(&m.kind, v) }

// TraceEntry sets and gets.
func (m *Meta[S]) TraceEntry(v ...string) string { return m.field(&m.entry, v) }

func (m *Meta[S]) field(f *string, v []string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(v) > 0 {
		*f = v[0]
	}
	return *f
}

// push and pop are the framework's own stack of spans, which only its own module uses.
func (m *Meta[S]) push(f frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames = append(m.frames, f)
}

func (m *Meta[S]) pop() (f frame, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.frames) == 0 {
		return f, false
	}
	f = m.frames[len(m.frames)-1]
	m.frames = m.frames[:len(m.frames)-1]
	return f, true
}

// ParseTraceParent sets the ids of trace and parent, and leaves the span's alone.
func (m *Meta[S]) ParseTraceParent(header string) bool {
	parts := strings.Split(header, "-")
	if len(parts) != 4 || len(parts[1]) != 32 || len(parts[2]) != 16 {
		return false
	}
	m.TraceId(parts[1])
	m.ParentSpanId(parts[2])
	return true
}

// Metadata returns what travels, after it has taken what has come.
func (m *Meta[S]) Metadata(received ...Metadata) Metadata {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(received) > 0 {
		m.trace, m.span, m.parent = received[0].Trace, received[0].Span, received[0].Parent
	}
	return Metadata{m.trace, m.span, m.parent}
}

// Fail sets what the call has come to.
func (m *Meta[S]) Fail(r *Result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.result = r
}

// Result takes what the call has come to; nil if all is well.
func (m *Meta[S]) Result() *Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.result
	m.result = nil
	return out
}

// Begin opens a span.
func (m *Meta[S]) Begin(name string, attrs ...Map) S {
	return m.framework.hook.Begin(m, name, merged(attrs))
}

// Trace records an event.
func (m *Meta[S]) Trace(name string, attrs ...Map) error {
	all := merged(attrs)
	status, _ := all["status"].(string)
	delete(all, "status")
	return m.framework.hook.Trace(m, name, status, all)
}

func merged(list []Map) Map {
	all := Map{}
	for _, m := range list {
		maps.Copy(all, m)
	}
	return all
}
