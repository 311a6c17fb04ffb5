package decision

import "context"

type exportKey struct{}

// ExportContext marks ctx as the context of an export. Spans started under it are traces
// of our own exporting; recording them would export them, which makes more of them: one
// span became 95 exports in half a second. The head sampler drops them and the processor
// refuses them.
func ExportContext(ctx context.Context) context.Context {
	return context.WithValue(ctx, exportKey{}, true)
}

// IsExport reports whether ctx, or a context it comes from, was marked by [ExportContext].
func IsExport(ctx context.Context) bool { return ctx.Value(exportKey{}) != nil }
