package processor

import (
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// describe adds what Explain says to a copy of the attributes: the backing array of the
// span's own is shared by all connections. An Explain that panics adds nothing.
func describe(x *explained) (out sdktrace.ReadOnlySpan) {
	defer func() {
		if recover() != nil {
			out = x.ReadOnlySpan
		}
	}()
	more := x.explain(x.verdict)
	own := x.Attributes()
	attrs := make([]attribute.KeyValue, 0, len(own)+len(more))
	attrs = append(append(attrs, own...), more...)
	return &described{ReadOnlySpan: x.ReadOnlySpan, attrs: attrs}
}
