package greptime

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/encode"
)

// unknownService is the service of spans that have none.
const unknownService = "unknown_service"

// encodeTraces returns an encoder of OTLP requests. GreptimeDB would take the first attribute
// of a resource for the service if there were no service.name.
func encodeTraces(o *Options) encoder {
	requests := encode.NewOTLPRequests(encode.OTLPOptions{DefaultService: unknownService, SplitServices: o.SplitServices}, false)
	return func(spans []sdktrace.ReadOnlySpan) ([]byte, error) { return requests.Encode(spans), nil }
}
