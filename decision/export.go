package decision

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

type exportKey struct{}

// ExportContext marks ctx as the context of an export. Spans started under it are traces
// of our own exporting; recording them would export them, which makes more of them: one
// span became 95 exports in half a second. The head sampler drops them and the processor
// refuses them. A span of ctx is no longer the current one, so that those spans have no parent
// in the application's traces.
func ExportContext(ctx context.Context) context.Context {
	return context.WithValue(trace.ContextWithSpanContext(ctx, trace.SpanContext{}), exportKey{}, true)
}

// IsExport reports whether ctx, or a context it comes from, was marked by [ExportContext]. It
// walks all of them, unless they are marked: below a recorded span, look at what is known of
// that span instead.
func IsExport(ctx context.Context) bool { return ctx.Value(exportKey{}) != nil }
