package decision

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Origin says who decided about a span at its start.
type Origin uint8

const (
	// Foreign spans come from a provider that doesn't use our head sampler. Nothing is known of
	// the spans that it dropped.
	Foreign Origin = iota
	// Local spans belong to a trace that began in this process, or whose remote parent doesn't
	// count.
	Local
	// Inherited spans are below a sampled remote parent of known weight: the one that its th
	// gives, or one if it has none.
	Inherited
	// Unweighted spans are below a remote parent of unknown weight: one that was not sampled, or
	// sampled with a th that contradicts its randomness.
	Unweighted
	// Debugged spans are below a remote parent that asked for the whole trace to be kept.
	Debugged
	// Unknown spans came through the head sampler, which no longer knows whether there is a
	// remote parent above them. Their weight isn't known.
	Unknown
)

// Notes is what remembers where spans come from, between their start and their end. A head
// sampler implements it; a processor calls it. Its methods may be called from any goroutine,
// must not block, and don't allocate in steady state.
type Notes interface {
	// Started is called for each span that is recorded, at its start. ctx is the context that
	// the span was started in, without the span.
	Started(ctx context.Context, s sdktrace.ReadWriteSpan)
	// Ended sets the fields Origin, Recorded and Export of s, the other fields of which are set.
	Ended(s *Span)
	// Dropped returns how many spans were dropped at their start, so that nothing else is told
	// of them. Spans of exports don't count.
	Dropped() uint64
}
