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

func (r *Redactor) allPass(attrs []attribute.KeyValue) bool {
	for i := range attrs {
		if !r.passes(&attrs[i]) {
			return false
		}
	}
	return true
}

func (r *Redactor) cleanScope(s *instrumentation.Scope) bool {
	if r.finds(s.Name, false) || r.finds(s.Version, false) || r.finds(s.SchemaURL, false) {
		return false
	}
	return s.Attributes.Len() == 0 || r.scopeOf(*s) == *s
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

type pair[T comparable] struct{ in, out T }

// mostRemembered bounds remembered, which begins anew when it is full.
const mostRemembered = 64

// of returns the redacted form of in, which redact makes if it isn't known.
func (m *remembered[T]) of(in T, redact func() T) T {
	old := m.pairs.Load()
	var known []pair[T]
	if old != nil {
		known = *old
	}
	for i := range known {
		if known[i].in == in {
			return known[i].out
		}
	}
	out := redact()
	if len(known) == mostRemembered {
		known = nil
	}
	next := append(slices.Clone(known), pair[T]{in, out})
	m.pairs.CompareAndSwap(old, &next)
	return out
}
