package decision

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

type exportKey struct{}

// exportContext is a context that ExportContext has marked.
type exportContext struct{ context.Context }

// Value implements [context.Context].
func (c exportContext) Value(key any) any {
	if key == (exportKey{}) {
		return true
	}
	return c.Context.Value(key)
}

// ExportContext marks ctx as the context of an export. Spans started under it are traces
// of our own exporting; recording them would export them, which makes more of them: one
// span became 95 exports in half a second. The head sampler drops them and the processor
// refuses them. A span of ctx is no longer the current one, so that those spans have no parent
// in the application's traces.
func ExportContext(ctx context.Context) context.Context {
	return exportContext{trace.ContextWithSpanContext(ctx, trace.SpanContext{})}
}

// IsExport reports whether ctx, or a context it comes from, was marked by [ExportContext]. It
// walks all of them, unless they are marked: below a recorded span, look at what is known of
// that span instead.
func IsExport(ctx context.Context) bool { return ctx.Value(exportKey{}) != nil }

// IsExportItself reports whether ctx itself was marked by [ExportContext]. It doesn't look any further.
func IsExportItself(ctx context.Context) bool {
	_, ok := ctx.(exportContext)
	return ok
}
