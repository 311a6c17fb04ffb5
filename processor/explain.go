package processor

import (
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// described returns what the exporter gets, with what Explain says added to a copy of the
// attributes: the backing array of the span's own is shared by all connections. An Explain
// that panics adds nothing.
func (e *explained) described() (out sdktrace.ReadOnlySpan) {
	plain := e.exported()
	defer func() {
		if recover() != nil {
			out = plain
		}
	}()
	more := e.explain(e.verdict)
	own := plain.Attributes()
	attrs := make([]attribute.KeyValue, 0, len(own)+len(more))
	attrs = append(append(attrs, own...), more...)
	return &described{ReadOnlySpan: plain, attrs: attrs}
}
