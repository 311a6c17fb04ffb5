package miniframework

import (
	"errors"
	"maps"
	"time"
)

// Map holds the attributes of a span, and everything else.
type Map = map[string]any

// Older is a span of the generation that the documents describe.
type Older interface{ End(errs ...error) }

// Newer is a span of the generation after it.
type Newer interface{ End(results ...any) }

// TraceHook is what the framework calls.
type TraceHook[S any] interface {
	Begin(meta *Meta[S], name string, attrs Map) S
	Trace(meta *Meta[S], name, status string, attrs Map) error
}

// Module is what the framework mounts.
type Module interface {
	Register(name string, value any)
	Config(global Map)
	Setup()
	Open()
	Start()
	Stop()
	Close()
}

// Generation is what differs between the two but for the type of spans.
type Generation[S any] struct {
	Service string // of spans that the framework begins itself
	Older   bool
	// End ends a span with what a call has come to; nil if all is well.
	End func(span S, failed *Result)
}

// Kind returns the word for spans of that kind: the older generation has OpenTelemetry's.
func (g *Generation[S]) Kind(word string) string {
	switch {
	case !g.Older:
		return word
	case word == "http" || word == "web":
		return "server"
	case word == "event" || word == "queue":
		return "consumer"
	default:
		return "internal"
	}
}

// Attrs is the framework's TraceAttrs.
func (g *Generation[S]) Attrs(service, kind, entry string, more Map) Map {
	m := Map{"service": service, "kind": g.Kind(kind)}
	if g.Older {
		if entry != "" {
			m["target"] = entry
		}
	} else {
		if entry == "" {
			entry = "unknown"
		}
		m["entry"], m["step"] = entry, "internal"
	}
	maps.Copy(m, more)
	return m
}

// The generations.
var (
	OlderGeneration = Generation[Older]{"bamgoo", true, func(span Older, failed *Result) { //nolint:gochecknoglobals // a constant
		if failed == nil {
			span.End()
			return
		}
		span.End(errors.New(failed.Text))
	}}
	NewerGeneration = Generation[Newer]{"infrago", false, func(span Newer, failed *Result) { //nolint:gochecknoglobals // a constant
		if failed == nil {
			span.End()
			return
		}
		span.End(failed)
	}}
)

// Result is what a call has come to; also good ones are errors.
type Result struct {
	Word   string
	Number int
	Text   string
}

// OK reports that all is well.
func (r *Result) OK() bool { return r.Number == 0 }

// Code returns a number, 0 if all is well.
func (r *Result) Code() int { return r.Number }

// Status returns a word.
func (r *Result) Status() string { return r.Word }

// Error returns a text.
func (r *Result) Error() string { return r.Text }

// Span is the framework's span, as its drivers get it.
type Span struct {
	Time         time.Time `json:"time"`
	TraceId      string    `json:"trace_id"`       //nolint:revive // the framework's spelling
	SpanId       string    `json:"span_id"`        //nolint:revive // the framework's spelling
	ParentSpanId string    `json:"parent_span_id"` //nolint:revive // the framework's spelling
	Name         string    `json:"name"`
	Kind         string    `json:"kind"`
	ServiceName  string    `json:"service_name"`
	Target       string    `json:"target"`
	Status       string    `json:"status"`
	Code         int       `json:"code"`
	Result       string    `json:"result"`
	Duration     int64     `json:"duration"`
	Start        int64     `json:"start"`
	End          int64     `json:"end"`
	Attributes   Map       `json:"attributes"`
	Resource     Map       `json:"resource"`
}

// OlderSpan is the span that drivers of the older generation get.
type OlderSpan struct {
	Time          time.Time `json:"time"`
	TraceId       string    `json:"trace_id"`       //nolint:revive // the framework's spelling
	SpanId        string    `json:"span_id"`        //nolint:revive // the framework's spelling
	ParentSpanId  string    `json:"parent_span_id"` //nolint:revive // the framework's spelling
	Name          string    `json:"name"`
	Kind          string    `json:"kind"`
	ServiceName   string    `json:"service_name"`
	Target        string    `json:"target"`
	Status        string    `json:"status"`
	StatusCode    string    `json:"status_code"`
	StatusMessage string    `json:"status_message"`
	DurationMs    int64     `json:"duration_ms"`
	StartMs       int64     `json:"start_ms"`
	EndMs         int64     `json:"end_ms"`
	Timestamp     int64     `json:"timestamp"`
	Attributes    Map       `json:"attributes"`
	Resource      Map       `json:"resource"`
}

// Instance is what a driver connects.
type Instance struct {
	Name    string
	Config  struct{ Driver, Flag string }
	Setting Map
}
