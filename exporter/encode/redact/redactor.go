package redact

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Masked stands in place of what was redacted, as the semantic conventions have it.
const Masked = "REDACTED"

// A Redactor redacts spans. [New] makes one. It is safe for concurrent use. A nil Redactor redacts
// nothing.
type Redactor struct {
	defaults, sql, cards bool
	keys                 []keyRule
	query                []string // globs in lower case
	patterns             []pattern
	hashKey              []byte
	call                 Func
	counts               *counts

	resource atomic.Pointer[resourcePair]
	scope    atomic.Pointer[scopePair]
}

// resourcePair is a resource and what is exported for it.
type resourcePair struct{ in, out *resource.Resource }

// scopePair is a scope and what is exported for it.
type scopePair struct{ in, out instrumentation.Scope }

// Spans returns spans that are redacted when they are read: what a driver doesn't read costs
// nothing. A span in which nothing is found gives what the original gives, without a copy. The
// slice of the argument isn't changed, nor are the attributes of the spans, which connections
// share.
func (r *Redactor) Spans(spans []sdktrace.ReadOnlySpan) []sdktrace.ReadOnlySpan {
	if r == nil || len(spans) == 0 {
		return spans
	}
	wrapped := make([]span, len(spans))
	out := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, s := range spans {
		if s != nil {
			wrapped[i].ReadOnlySpan, wrapped[i].r = s, r
			out[i] = &wrapped[i]
		}
	}
	return out
}

// Explain returns what would be redacted in a span: "name", and the keys of attributes. It is counted
// as any other span. A nil Redactor redacts nothing.
func (r *Redactor) Explain(name string, attrs []attribute.KeyValue) []string {
	if r == nil {
		return nil
	}
	var keys []string
	if r.unkeyed(name) != name {
		keys = append(keys, "name")
	}
	for i := range attrs {
		if _, changed := r.attributes(attrs[i : i+1 : i+1]); changed {
			keys = append(keys, string(attrs[i].Key))
		}
	}
	return keys
}

// resourceOf returns the redacted form of a resource. All spans of a provider share one, so that
// the last one is remembered.
func (r *Redactor) resourceOf(in *resource.Resource) *resource.Resource {
	if p := r.resource.Load(); p != nil && p.in == in {
		return p.out
	}
	out := in
	if in.Len() > 0 {
		if attrs, changed := r.attributes(in.Attributes()); changed {
			out = resource.NewWithAttributes(in.SchemaURL(), attrs...)
		}
	}
	r.resource.Store(&resourcePair{in, out})
	return out
}

// scopeOf returns the redacted form of an instrumentation scope.
func (r *Redactor) scopeOf(in instrumentation.Scope) instrumentation.Scope {
	if p := r.scope.Load(); p != nil && p.in == in {
		return p.out
	}
	return r.newScope(in)
}

func (r *Redactor) newScope(in instrumentation.Scope) instrumentation.Scope {
	out := in
	out.Name, out.Version = r.text(in.Name), r.text(in.Version)
	if in.Attributes.Len() > 0 {
		if attrs, changed := r.attributes(in.Attributes.ToSlice()); changed {
			out.Attributes = attribute.NewSet(attrs...)
		}
	}
	r.scope.Store(&scopePair{in, out})
	return out
}
