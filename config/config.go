package config

import "time"

// Config is a whole configuration as plain data. The zero Config has no connections; use
// [Load], [Parse], [FromMap] or [Default]. A Config is not changed after it was made, and
// may be read by any number of goroutines.
//
// It holds secrets in the clear, in the Setting, Spool and Retry of its connections and
// wherever an environment variable was expanded. Its own String, Format, LogValue and
// MarshalJSON leave them out; code that reads the fields must do so too.
type Config struct {
	// Connections in the order of the file, the one at the root of [trace] first. Those that
	// have no place in a file are sorted by name.
	Connections []Connection
	// OTel is the [otel] table: what is process-wide.
	OTel OTel
	// Identity holds the root keys project, profile, role and node.
	Identity Identity
	// Implicit reports that there was no [trace] table, so that Connections holds the ones
	// that the environment (or the default) asks for.
	Implicit bool
	// Disabled reports OTEL_SDK_DISABLED=true: nothing is kept, ids stay valid.
	Disabled bool
	// Warnings are what the OpenTelemetry specification wants to be said and then ignored,
	// such as OTEL_BSP_MAX_QUEUE_SIZE=-5. They are no reason to refuse the configuration.
	Warnings Problems

	source *source
}

// Connection is one table of [trace]. Two of them are the same configuration if
// [reflect.DeepEqual] says so.
type Connection struct {
	Name   string
	Driver string // "default" if the file is silent
	JSON   bool
	Flag   string
	Format string
	// Buffer is the queue's capacity in spans (1024), Batch the most spans of one export
	// (256, or a quarter of a smaller Buffer than 1024). See [Config.Sized].
	Buffer, Batch int
	// BufferBytes bounds what the spans in the queue take, in bytes; 0 is 32 MiB.
	BufferBytes int64
	// Sync makes the caller of End export its span itself.
	Sync bool
	// Timeout is the longest wait of a span for its batch (200ms), ExportTimeout the longest
	// export (30s), BlockTimeout the longest wait of a caller (1s). All are positive.
	Timeout, ExportTimeout, BlockTimeout time.Duration
	// Overflow is "sync", "drop", "block", "spool" or "", the driver's default.
	Overflow string
	// Fields is the field mapping; nil means the driver's default.
	Fields []Field
	Sample Sample
	// Weights says where exported spans carry th: "auto" or "" (where it is above 0), "always",
	// "never".
	Weights string
	// Explain adds tracehook.rule and tracehook.probability to each exported span.
	Explain bool
	// SplitServices sends the spans of each framework service under a resource of its own.
	SplitServices bool
	// RequireTLS refuses a connection whose spans would go to another host without TLS.
	RequireTLS bool
	// Setting, Spool and Retry belong to the driver; nil if absent. They hold string, bool,
	// int64, float64, []any and map[string]any only, and a whole number is always an int64,
	// whatever the format of the file.
	Setting, Spool, Retry map[string]any
	// Redact is what the spans of the connection must not show: a map like Setting, false for no
	// redaction at all, or nil for what holds for all.
	Redact any
}

// Field selects the span field Source under the name Target.
type Field struct{ Source, Target string }

// Sample is a connection's sampling policy.
type Sample struct {
	Rate      float64       // 0..1, default 1
	Error     bool          // default true
	Slow      time.Duration // 0 = off
	Limit     float64       // spans a second, 0 = off
	Key       string        // "trace_id" (default), "span_id", "trace_span", "counter"
	Parent    string        // "respect" (default), "ignore"
	Scope     string        // "span" or "", "trace": the local part of a trace is kept or left out as one
	Propagate *bool         // nil = the driver's default
	Dynamic   *bool         // nil = on where overflow is drop
	Rules     []Rule
}

// Rule is one sampling rule. Empty strings and a nil Attrs match anything.
type Rule struct {
	Name, Kind, Service string
	// Attrs maps an attribute key to the values that it may have, as printed; a value may be a
	// glob.
	Attrs  map[string][]string
	Sample float64 // default 1
}

// OTel is what is process-wide, from [otel] and, where that is silent, the environment.
type OTel struct {
	Service     string
	Resource    map[string]string
	Propagators []string // default tracecontext, baggage
	// Extract and Inject are the propagators that read and write, where they aren't Propagators.
	Extract, Inject []string
	// InjectHosts are the propagators that write in requests to some hosts, by host name or "*." and the
	// end of one.
	InjectHosts map[string][]string
	// Headers names the headers of the propagator headers; "" is X-Trace-ID and X-Span-ID.
	Headers struct{ TraceID, SpanID string }
	// RequestID is the propagator request-id: the name of its header, "" for X-Request-Id, and
	// whether a caller's is honored.
	RequestID struct {
		Header string
		Honor  bool
	}
	// Weights says where th is written for other services: "auto" or "" (where it is above 0),
	// "always", "never".
	Weights string
	// MaxWeight is the largest weight of a remote parent that counts, at least 1; 0 is 2^20.
	MaxWeight float64
	// ParentWithoutTh is what a sampled remote parent without th stands for: "one" or "", or
	// "unknown".
	ParentWithoutTh string
	// Edge is what becomes of remote parents: "continue" or "", "restart", "ignore".
	Edge string
	// EdgeBaggage names the members of baggage that pass an edge.
	EdgeBaggage []string
	// BaggageAttributes names the members of baggage that spans get as attributes at their start.
	BaggageAttributes []string
	// Detectors names what finds out resource attributes.
	Detectors []string
	// Traces bounds what is held for connections of scope "trace".
	Traces Traces
	// Span limits; 0 keeps the SDK's default of 128 (of unlimited length for AttributeValueLength), -1 is unlimited.
	AttributeCountLimit, AttributeValueLengthLimit, EventCountLimit, LinkCountLimit,
	AttributePerEventCountLimit, AttributePerLinkCountLimit int
	// ShutdownTimeout bounds a flush or shutdown whose context has no deadline; 0 is 5 seconds.
	ShutdownTimeout time.Duration
	// RequireTLS is that of every connection, whatever it says itself.
	RequireTLS bool
	// Redact is what no span of any connection must show: a map like Setting of a [Connection],
	// false for no redaction where a connection has none of its own, or nil for the defaults.
	Redact any
}

// Traces bounds what the process holds of traces that aren't complete; zero values have the
// processor's defaults.
type Traces struct {
	Wait          time.Duration // after the first end of a span
	MaxTraceSpans int           // of one trace
	MaxSpans      int           // of all
	MaxBytes      int64         // of all
	Memory        int           // decisions that are remembered
}

// Identity is who the process is, in the framework's words. Empty means unknown.
type Identity struct{ Project, Profile, Role, Node string }
