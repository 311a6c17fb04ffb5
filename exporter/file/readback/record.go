package readback

import (
	"fmt"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Record is one span as it was read, or one line of text.
type Record struct {
	// Path is the file; Line the line in it at which the record begins, from 1. In an OTLP
	// file all spans of a line have the same one.
	Path string
	Line int
	// Raw is the record as it stands in the file, without the last newline. It is valid
	// until the iteration goes on.
	Raw []byte
	// Span is what Raw says; the zero Span if it is text.
	Span Span
}

// Span is a span that was read. What the file doesn't say is zero.
type Span struct {
	TraceID trace.TraceID
	ID      trace.SpanID
	Parent  trace.SpanID // zero for a root
	// Remote says that the parent is in another process, where the file says it (OTLP).
	Remote bool

	Name, Kind, Service string
	// Status is "ok", "error", or a framework's own word; Message its text.
	Status, Message string

	Start, End time.Time
	// Attributes and Resource hold bool, int64, float64, string, nil, []any and
	// map[string]any; bytes are text in base64, and NaN and the infinities are text too.
	Attributes, Resource map[string]any
	// Events and Links are as the encoding writes them.
	Events, Links []any
	// Other is everything else that the record has, under its own names.
	Other map[string]any
}

// Duration is the time from start to end; 0 if one of them isn't known.
func (s *Span) Duration() time.Duration {
	if s.Start.IsZero() || s.End.IsZero() {
		return 0
	}
	return max(s.End.Sub(s.Start), 0)
}

// RecordError is about one record of a file. The iteration goes on behind it.
type RecordError struct {
	Path string
	Line int
	Err  error
}

// Error says where the record is and what is wrong with it.
func (e *RecordError) Error() string { return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err) }

// Unwrap returns Err.
func (e *RecordError) Unwrap() error { return e.Err }
