package otelhook

import (
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
)

// startKey is where a Map has the options of [StartOptions].
const startKey = "tracehook.start_options"

// StartOptions returns attributes for Begin or Trace that hand opts to the OpenTelemetry span: a time
// at which it has begun, links, attributes with their own types, a kind, a new root.
//
//	span := ctx.Begin("job", attrs, otelhook.StartOptions(
//		trace.WithTimestamp(enqueued), trace.WithLinks(trace.LinkFromContext(sender))))
//
// They come after what the other attributes say, and win over it. A span of Trace begins and ends at
// the time that they say. Of several StartOptions in one call the last counts alone. The map may be
// used again as long as nobody changes it or opts.
func StartOptions(opts ...trace.SpanStartOption) tracehook.Map {
	return tracehook.Map{startKey: opts}
}

// startTime returns the time that opts say, zero if they say none.
func startTime(opts []trace.SpanStartOption) time.Time {
	if len(opts) == 0 {
		return time.Time{}
	}
	c := trace.NewSpanStartConfig(opts...)
	return c.Timestamp()
}
