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
	if p := PartsOf(s); !r.Passes(&p) {
		return false
	}
	in, scope := s.Resource(), s.InstrumentationScope()
	return r.resourceOf(in) == in && r.cleanScope(&scope)
}

// Parts are what a span says itself: its resource and its scope are other spans' as well.
type Parts struct {
	Name       string
	Status     sdktrace.Status
	Attributes []attribute.KeyValue
	Events     []sdktrace.Event
	Links      []sdktrace.Link
}

// PartsOf reads the parts of s.
func PartsOf(s sdktrace.ReadOnlySpan) Parts {
	return Parts{s.Name(), s.Status(), s.Attributes(), s.Events(), s.Links()}
}

// Passes reports that nothing is found in the parts of a span, for those who have read them already. A
// nil Redactor finds nothing. [Redactor.Resource] and [Redactor.Scope] are for the rest.
func (r *Redactor) Passes(p *Parts) bool {
	if r == nil {
		return true
	}
	if r.call != nil || r.finds(p.Name, false) || !r.allPass(p.Attributes) || r.finds(p.Status.Description, false) {
		return false
	}
	for i := range p.Events {
		if e := &p.Events[i]; r.finds(e.Name, false) || !r.allPass(e.Attributes) {
			return false
		}
	}
	for i := range p.Links {
		if !r.allPass(p.Links[i].Attributes) {
			return false
		}
	}
	return true
}

// Resource returns the redacted form of a resource: the same pointer for the same one, as long as not too
// many are asked for, and in itself where nothing is found. A nil Redactor returns in.
func (r *Redactor) Resource(in *resource.Resource) *resource.Resource {
	if r == nil {
		return in
	}
	return r.resourceOf(in)
}

// Scope returns the redacted form of an instrumentation scope. A nil Redactor returns in.
func (r *Redactor) Scope(in instrumentation.Scope) instrumentation.Scope {
	if r == nil || r.cleanScope(&in) {
		return in
	}
	return r.scopeOf(in)
}

// Attributes returns the redacted form of attributes: those of the argument where nothing is found. A nil
// Redactor returns them.
func (r *Redactor) Attributes(in []attribute.KeyValue) []attribute.KeyValue {
	if r == nil {
		return in
	}
	out, _ := r.attributes(in)
	return out
}

// Span returns s with all parts redacted when they are read. s must not be nil. A nil Redactor returns s.
func (r *Redactor) Span(s sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
	if r == nil {
		return s
	}
	return &span{ReadOnlySpan: s, r: r}
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
		case attribute.INT64, attribute.FLOAT64:
			if r.cards && !r.plain(string(kv.Key), &kv.Value) {
				return false
			}
		case attribute.STRING:
			s := kv.Value.AsString()
			if len(r.patterns) > 0 {
				if r.finds(s, isQuery(string(kv.Key))) {
					return false
				}
			} else if r.urls {
				if some, beyond := marked(s); some && r.findsInURL(s, beyond, isQuery(string(kv.Key))) {
					return false
				}
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
