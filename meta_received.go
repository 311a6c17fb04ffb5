package tracehook

import "context"

// What a hook has to do with what a Meta was told from outside.
const (
	newsNone    = int32(iota) // nothing: there is none, or the context holds it
	newsWaiting               // it counts as soon as the context holds no span
	newsFresh                 // it came later than the context
)

// changed is called under the lock when in has changed.
func (m *Meta) changed() {
	if m.applied != nil && m.ctx == m.applied {
		m.ctx = m.base
	}
	m.base, m.applied = nil, nil
	m.changes++
	if m.in == (inbound{}) {
		m.news.Store(newsNone)
	} else {
		m.news.Store(newsFresh)
	}
}

// setContext is called under the lock. What came from outside before ctx counts if ctx holds no
// span.
func (m *Meta) setContext(ctx context.Context) {
	m.ctx = ctx
	m.changes++
	if m.in != (inbound{}) {
		m.news.Store(newsWaiting)
	}
}

// News is for hooks: it reports whether something has come from outside that [Meta.Receive] hasn't
// seen yet.
func (m *Meta) News() bool { return m != nil && m.news.Load() == newsFresh }

// receive lets the hook of m, or the attached one, do [Meta.Receive], if it can.
func (m *Meta) receive() {
	if m == nil || m.news.Load() == newsNone {
		return
	}
	m.mu.Lock()
	by := m.inspector
	m.mu.Unlock()
	if r, ok := inspectorOf(by).(Receiver); ok {
		m.Receive(r)
	}
}

// Receive is for hooks: it lets r put what came from outside into the context, which it returns. What
// comes while a span of this process is current goes to that span as a link, once, and waits
// for the next context without a span.
func (m *Meta) Receive(r Receiver) context.Context {
	if m == nil {
		return context.Background()
	}
	for {
		m.mu.Lock()
		ctx, in, changes, news := m.ctx, m.in, m.changes, m.news.Load()
		if news == newsFresh {
			m.news.Store(newsWaiting) // nobody else makes a link of it
		}
		m.mu.Unlock()
		if ctx == nil {
			ctx = context.Background()
		}
		if news == newsNone {
			return ctx
		}
		next, ok := r.Receive(ctx, in.metadata(), news == newsFresh)
		if !ok || m.apply(ctx, next, changes) {
			return next
		}
	}
}

// apply replaces base by ctx, unless something has changed meanwhile. ctx must be a pointer.
func (m *Meta) apply(base, ctx context.Context, changes uint32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.changes != changes {
		return false
	}
	m.ctx, m.base, m.applied = ctx, base, ctx
	m.changes++
	m.news.Store(newsNone)
	return true
}
