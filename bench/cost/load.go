// Package cost measures what tracing costs a whole process: CPU time of a span from its start until its
// destination has acknowledged it. Load is paced, and the receiver is another process, whose time doesn't
// count. Every measurement runs in a process of its own.
package cost

// Load is what a process does whose cost is measured.
type Load struct {
	SDK         bool // OpenTelemetry's own batchers and exporters, not a Bridge
	Connections int  // over OTLP; 0 with one that keeps nothing, the driver none
	GRPC        bool
	File        bool // a file beside them
	Rules       int  // of each connection, the last of which matches
	Attributes  int  // of each span
	Goroutines  int  // that start and end spans
	Spans       int
	Rate        int // spans a second
}

// Standard has four attributes on a span, from one goroutine.
func Standard() Load {
	return Load{Connections: 1, Attributes: 4, Goroutines: 1, Spans: 40_000, Rate: 10_000}
}
