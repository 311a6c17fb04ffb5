package redact

import (
	"slices"

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
	urls                 bool // that there are rules for what stands in URLs
	keyed                bool // that there are rules for keys, or for what some hold
	keys                 []keyRule
	known                *knownKeys // nil without such rules
	query                []string   // globs in lower case
	patterns             []pattern
	hashKey              []byte
	call                 Func
	counts               *counts

	resources remembered[*resource.Resource]
	scopes    remembered[instrumentation.Scope]
}

// Spans returns spans whose parts are redacted when they are read. A span in which nothing is found
// is the one of the argument, and so is the slice if nothing is found in any. The slice isn't changed,
// nor are the attributes of the spans, which connections share.
func (r *Redactor) Spans(spans []sdktrace.ReadOnlySpan) []sdktrace.ReadOnlySpan {
	if r == nil {
		return spans
	}
	out := spans
	var wrapped []span
	for i, s := range spans {
		if s == nil || r.clean(s) {
			continue
		}
		if wrapped == nil {
			wrapped, out = make([]span, 0, len(spans)-i), slices.Clone(spans)
		}
		wrapped = append(wrapped, span{ReadOnlySpan: s, r: r})
		out[i] = &wrapped[len(wrapped)-1]
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
