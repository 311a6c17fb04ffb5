package redact

import (
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// clean reports that nothing is found in s, so that it can be exported as it is.
func (r *Redactor) clean(s sdktrace.ReadOnlySpan) bool {
	if r.call != nil || r.finds(s.Name(), false) || !r.allPass(s.Attributes()) {
		return false
	}
	if r.finds(s.Status().Description, false) {
		return false
	}
	for _, e := range s.Events() {
		if r.finds(e.Name, false) || !r.allPass(e.Attributes) {
			return false
		}
	}
	for _, l := range s.Links() {
		if !r.allPass(l.Attributes) {
			return false
		}
	}
	in, scope := s.Resource(), s.InstrumentationScope()
	return r.resourceOf(in) == in && r.cleanScope(&scope)
}

// allPass reports that nothing is found in attributes. It is one look at each text for most spans.
func (r *Redactor) allPass(attrs []attribute.KeyValue) bool {
	for i := range attrs {
		kv := &attrs[i]
		if r.keyed && !r.keyPasses(string(kv.Key)) {
			return false
		}
		switch kv.Value.Type() {
		case attribute.BOOL:
		case attribute.STRING:
			if s := kv.Value.AsString(); len(r.patterns) > 0 && r.finds(s, isQuery(string(kv.Key))) ||
				r.urls && marked(s) && r.findsInURL(s, isQuery(string(kv.Key))) {
				return false
			}
		default:
			if !r.plain(string(kv.Key), &kv.Value) {
				return false
			}
		}
	}
	return true
}

// cleanScope reports that nothing is found in a scope.
func (r *Redactor) cleanScope(s *instrumentation.Scope) bool {
	if known := r.scopes.pairs.Load(); known != nil {
		for i := range *known {
			if p := &(*known)[i]; p.in == *s {
				return p.same
			}
		}
	}
	return r.scopeOf(*s) == *s
}

// resourceOf returns the redacted form of a resource.
func (r *Redactor) resourceOf(in *resource.Resource) *resource.Resource {
	if in == nil {
		return nil
	}
	return r.resources.of(in, func() *resource.Resource {
		attrs, changed := r.attributes(in.Attributes())
		url := r.text(in.SchemaURL(), false)
		if changed || url != in.SchemaURL() {
			return resource.NewWithAttributes(url, attrs...)
		}
		return in
	})
}

// scopeOf returns the redacted form of an instrumentation scope.
func (r *Redactor) scopeOf(in instrumentation.Scope) instrumentation.Scope {
	return r.scopes.of(in, func() instrumentation.Scope {
		out := in
		out.Name, out.Version, out.SchemaURL = r.text(in.Name, false), r.text(in.Version, false), r.text(in.SchemaURL, false)
		if in.Attributes.Len() > 0 {
			if attrs, changed := r.attributes(in.Attributes.ToSlice()); changed {
				out.Attributes = attribute.NewSet(attrs...)
			}
		}
		return out
	})
}

// remembered holds the redacted forms of what many spans share. The zero remembered is empty.
type remembered[T comparable] struct {
	pairs atomic.Pointer[[]pair[T]]
}

type pair[T comparable] struct {
	in, out T
	same    bool
}

// mostRemembered bounds remembered, which begins anew when it is full.
const mostRemembered = 64

// find returns what is known of in; nil is nothing.
func (m *remembered[T]) find(in *T) *pair[T] {
	if known := m.pairs.Load(); known != nil {
		for i := range *known {
			if p := &(*known)[i]; p.in == *in {
				return p
			}
		}
	}
	return nil
}

// of returns the redacted form of in, which redact makes if it isn't known.
func (m *remembered[T]) of(in T, redact func() T) T {
	if known := m.find(&in); known != nil {
		return known.out
	}
	old := m.pairs.Load()
	out := redact()
	var next []pair[T]
	if old != nil && len(*old) < mostRemembered {
		next = slices.Clone(*old)
	}
	next = append(next, pair[T]{in, out, in == out})
	m.pairs.CompareAndSwap(old, &next)
	return out
}
