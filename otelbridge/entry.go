package otelbridge

import (
	"context"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/entry"
)

// What begins and ends the spans of entries; see package [entry].
type (
	// Entry describes what enters the process, or leaves it. See [entry.Entry].
	Entry = entry.Entry
	// EntryTracer begins and ends spans of entries. See [entry.Tracer].
	EntryTracer = entry.Tracer
	// Middleware makes a span of each HTTP request. See [entry.Middleware].
	Middleware = entry.Middleware
	// Transport makes a client span of each HTTP request. See [entry.Transport].
	Transport = entry.Transport
)

// MetaFrom returns the Meta that goes with ctx. See [entry.MetaFrom].
func MetaFrom(ctx context.Context) *tracehook.Meta { return entry.MetaFrom(ctx) }
