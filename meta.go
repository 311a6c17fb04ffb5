package tracehook

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
)

// Meta goes with one unit of work and says where in a trace it is. All methods are safe
// for concurrent use, and on a nil *Meta, which behaves like an empty one that forgets. The
// zero Meta is ready to use; it must not be copied.
//
// The current span of a Meta is in its context, and there is only one: goroutines that
// trace at the same time get the right parents only with a Meta each, from [Meta.Fork].
type Meta struct {
	mu          sync.Mutex
	ctx         context.Context // carrying it is what a Meta is for
	kind, entry string
	inspector   Inspector
	in          inbound
	changes     uint32       // of ctx and in, counted
	news        atomic.Int32 // what a hook has to do with in; written under mu
	// applied is base with what in says: the context, until somebody sets another.
	base, applied context.Context
}

// NewMeta returns a Meta on [context.Background], outside of any trace.
func NewMeta() *Meta { return &Meta{ctx: context.Background()} }

// WithContext replaces the context and returns m itself. The span that ctx holds becomes
// the current one. nil stands for [context.Background].
func (m *Meta) WithContext(ctx context.Context) *Meta { //nolint:contextcheck // nil stands for Background
	if m == nil {
		m = NewMeta()
	}
	if ctx == nil {
		ctx = context.Background()
	}
	m.receive() // what came before ctx concerns what was current before it
	m.mu.Lock()
	m.setContext(ctx)
	m.mu.Unlock()
	return m
}

// Context returns the context; it holds the current span or, outside of any, the remote parent
// and the baggage that were received, so that calls which take it continue the trace. (What was
// received is there from the moment that a hook is attached or used on m.) It is never nil.
func (m *Meta) Context() context.Context {
	m.receive()
	ctx, _, _, _ := m.Current()
	return ctx
}

// Begin opens a span named name below the current one and makes it the current one until
// it ends. Later attrs win over earlier ones. The result is never nil; with no hook
// attached it does nothing.
//
// The attributes service, kind, target, entry, step, status, code and result describe the
// span itself. If kind or entry (or target) is missing, the enclosing span's is inherited.
func (m *Meta) Begin(name string, attrs ...Map) TraceSpan {
	if m == nil {
		m = NewMeta()
	}
	return begin(m, name, merge(attrs))
}

// Trace records that something has happened, as a span of no length below the current
// one. attrs["status"] is its status, ok if absent; for any other, attrs["error"] is its text.
// attrs stay unchanged. With no hook attached it does nothing and returns nil.
func (m *Meta) Trace(name string, attrs ...Map) error {
	a := attached.Load()
	if a == nil {
		return nil
	}
	if m == nil {
		m = NewMeta()
	}
	all := merge(attrs)
	status, ok := all["status"].(string)
	if ok {
		rest := make(Map, len(all))
		for k, v := range all {
			if k != "status" {
				rest[k] = v
			}
		}
		all = rest
	}
	return a.hook.Trace(m, name, strings.ToLower(strings.TrimSpace(status)), all)
}

// Fork returns a new Meta at the same place: same context, same ids. What is begun on it
// has the current span of m as parent, even if that has ended by then, and doesn't change
// what is current on m. Hand one to each goroutine.
func (m *Meta) Fork() *Meta {
	if m == nil {
		return NewMeta()
	}
	m.receive() // the current span gets one link
	m.mu.Lock()
	defer m.mu.Unlock()
	f := &Meta{
		ctx: m.ctx, kind: m.kind, entry: m.entry, inspector: m.inspector,
		in: m.in, base: m.base, applied: m.applied,
	}
	f.news.Store(m.news.Load())
	return f
}

// TraceKind returns the kind that spans begun without one inherit. With an argument it
// sets it first. When a span ends, what was before its begin is restored.
func (m *Meta) TraceKind(kind ...string) string {
	if m == nil {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(kind) > 0 {
		m.kind = kind[0]
	}
	return m.kind
}

// TraceEntry returns the entry (the target) that spans begun without one inherit. With an
// argument it sets it first. When a span ends, what was before its begin is restored.
func (m *Meta) TraceEntry(entry ...string) string {
	if m == nil {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(entry) > 0 {
		m.entry = entry[0]
	}
	return m.entry
}

// Current is for hooks: context, kind and entry, and whether [Meta.Receive] may have something to
// add to the context, all read at once.
func (m *Meta) Current() (ctx context.Context, kind, entry string, told bool) {
	if m == nil {
		return context.Background(), "", "", false
	}
	m.mu.Lock()
	ctx, kind, entry, told = m.ctx, m.kind, m.entry, m.news.Load() != newsNone
	m.mu.Unlock()
	if ctx == nil {
		ctx = context.Background()
	}
	return ctx, kind, entry, told
}

// Leave is for hooks: like [Meta.Enter], but only if the context is still the one that the
// hook has entered with, which must be a pointer. It reports whether it was.
func (m *Meta) Leave(entered, ctx context.Context, kind, entry string) bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	ok := m.ctx == entered
	if ok {
		m.ctx, m.kind, m.entry = ctx, kind, entry
		m.changes++
	}
	m.mu.Unlock()
	return ok
}

// Enter is for hooks: it replaces context, kind and entry at once, when a span begins. ctx must
// not be nil. in, if not nil, answers from now on which span the context holds.
func (m *Meta) Enter(ctx context.Context, kind, entry string, in Inspector) {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.ctx, m.kind, m.entry = ctx, kind, entry
	m.changes++
	if in != nil {
		m.inspector = in
	}
	m.mu.Unlock()
}
