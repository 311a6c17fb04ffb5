package page

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// What a span takes beside what decision counts, in bytes. It is a little more than the structs of the
// SDK, so that the bound errs on the safe side.
const (
	moreOfSpan       = 256
	traceStateMember = 64
)

// sizeOf estimates how much memory a span holds that isn't shared with others, as its resource is.
func sizeOf(s sdktrace.ReadOnlySpan) int64 {
	members := 2 * s.SpanContext().TraceState().Len()
	for _, l := range s.Links() {
		members += l.SpanContext.TraceState().Len()
	}
	return decision.WholeSizeOf(s) + moreOfSpan + int64(members)*traceStateMember
}
