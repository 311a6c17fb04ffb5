package propagators

import (
	"go.opentelemetry.io/otel/propagation"

	"github.com/tracehook/tracehook/internal/w3c"
)

// TraceContext is [propagation.TraceContext] for requests whose headers have several lines: it joins
// all lines of tracestate, as the specification says, keeps the first of members with equal keys, and
// refuses a request with more than one traceparent. Other carriers than those that implement
// [propagation.ValuesGetter] have one line only. Of a tracestate of more than 512 characters it writes
// as many members as fit: those of more than 128 characters go first, then others, from the end.
type TraceContext = w3c.TraceContext

var _ propagation.TextMapPropagator = TraceContext{}
