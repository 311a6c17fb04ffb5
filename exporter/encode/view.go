package encode

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/internal/vocab"
)

// View is one ended span, read once, for any number of fields. Reuse one View for many
// spans: it remembers what it has read from their resources (of at most 64). It is not
// safe for concurrent use. Nothing in it may be changed.
type View struct {
	Span            sdktrace.ReadOnlySpan
	Name            string
	Context, Parent trace.SpanContext
	Kind            trace.SpanKind
	Start, End      time.Time
	// Attributes are all attributes, including those with the framework's words; see
	// [View.HasReserved].
	Attributes []attribute.KeyValue
	Status     sdktrace.Status
	Resource   *resource.Resource
	// Location is the time zone of the fields "time" and "ts"; nil means the local one.
	Location *time.Location

	redactor *redact.Redactor   // nil redacts nothing
	wrapped  bool               // Span redacts what is read
	in, out  *resource.Resource // the last resource, and its redacted form
	events   []sdktrace.Event   // with a redactor, which needs them in any case
	links    []sdktrace.Link

	service, kind, target, entry, step, status, result string

	code      int64
	hasCode   bool
	reserved  bool
	res       *identified
	resources resources
}

// Read makes v a view of s, which must have ended and not be nil. What v showed before is
// gone.
func (v *View) Read(s sdktrace.ReadOnlySpan) {
	in := s.Resource()
	if in != v.in || v.out == nil { // mostly it is that of the span before
		v.in, v.out = in, v.redactor.Resource(in)
	}
	v.readUnder(s, v.out)
}

// readUnder is Read for a span that is to have another resource, which is redacted.
func (v *View) readUnder(s sdktrace.ReadOnlySpan, r *resource.Resource) {
	v.Span = s
	v.Context = s.SpanContext() // one by one: a pair is copied twice
	v.Parent = s.Parent()
	v.Kind = s.SpanKind()
	v.Start = s.StartTime()
	v.End = s.EndTime()
	v.Resource = r
	v.res = v.resources.of(r)
	v.readTexts(s)
	if v.redactor != nil {
		v.redact()
	}
	v.clearReserved()
	for i := range v.Attributes {
		if kv := &v.Attributes[i]; vocab.Own(kv.Key) {
			v.readReserved(kv)
		}
	}
}

// readTexts reads what redaction may change.
func (v *View) readTexts(s sdktrace.ReadOnlySpan) {
	v.Name = s.Name()
	v.Attributes = s.Attributes()
	v.Status = s.Status()
}

// redact reads the span again, redacted, if something is found in it.
func (v *View) redact() {
	v.events, v.links = v.Span.Events(), v.Span.Links()
	v.wrapped = !v.redactor.Passes(&redact.Parts{
		Name: v.Name, Status: v.Status, Attributes: v.Attributes, Events: v.events, Links: v.links,
	})
	if v.wrapped {
		v.Span = v.redactor.Span(v.Span)
		v.readTexts(v.Span)
		v.events, v.links = v.Span.Events(), v.Span.Links()
	}
}

// spanEvents returns the events.
func (v *View) spanEvents() []sdktrace.Event {
	if v.redactor != nil {
		return v.events
	}
	return v.Span.Events()
}

// spanLinks returns the links.
func (v *View) spanLinks() []sdktrace.Link {
	if v.redactor != nil {
		return v.links
	}
	return v.Span.Links()
}

// scope returns the instrumentation scope.
func (v *View) scope() instrumentation.Scope {
	if v.wrapped {
		return v.Span.InstrumentationScope()
	}
	return v.redactor.Scope(v.Span.InstrumentationScope())
}

func (v *View) clearReserved() {
	if v.reserved {
		v.service, v.kind, v.target, v.entry, v.step, v.status, v.result = "", "", "", "", "", "", ""
		v.code, v.hasCode, v.reserved = 0, false, false
	}
}

func (v *View) readReserved(kv *attribute.KeyValue) {
	var into *string
	switch kv.Key {
	case vocab.Service:
		into = &v.service
	case vocab.Kind:
		into = &v.kind
	case vocab.Target:
		into = &v.target
	case vocab.Entry:
		into = &v.entry
	case vocab.Step:
		into = &v.step
	case vocab.Status:
		into = &v.status
	case vocab.Result:
		into = &v.result
	case vocab.Code:
		if kv.Value.Type() == attribute.INT64 {
			v.code, v.hasCode = kv.Value.AsInt64(), true
		}
		v.reserved = true
		return
	default:
		return
	}
	v.reserved = true
	*into = kv.Value.String()
}

// HasReserved reports whether some of Attributes are the framework's words about the span:
// tracehook.service, .kind, .target, .entry, .step, .status, .code and .result. They have fields of
// their own and are left out of the field "attributes".
func (v *View) HasReserved() bool { return v.reserved }

// StartNano returns the start in Unix nanoseconds, 0 if it isn't known.
func (v *View) StartNano() int64 { return unixNano(v.Start) }

// EndNano returns the end in Unix nanoseconds, 0 if it isn't known.
func (v *View) EndNano() int64 { return unixNano(v.End) }

func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Duration returns end minus start, never negative, 0 if one of them isn't known.
func (v *View) Duration() time.Duration {
	if v.Start.IsZero() || v.End.IsZero() {
		return 0
	}
	return max(v.End.Sub(v.Start), 0)
}

// OK reports whether the span's status is ok: neither OTel's status is an error, nor does
// the framework have another word for it.
func (v *View) OK() bool { return v.StatusWord() == vocab.OK }

// StatusWord returns "ok", "error", or the framework's own word, such as "retry".
func (v *View) StatusWord() string {
	if v.status != "" && (v.status != vocab.OK || v.Status.Code != codes.Error) {
		return v.status
	}
	if v.Status.Code == codes.Error {
		return vocab.Error
	}
	return vocab.OK
}

// Message returns the text of a status that isn't ok, "" otherwise.
func (v *View) Message() string {
	if v.OK() {
		return ""
	}
	if v.Status.Description != "" {
		return v.Status.Description
	}
	return v.result
}

// KindWord returns the framework's word for the kind if the span was begun with one,
// else OTel's: internal, server, client, producer or consumer.
func (v *View) KindWord() string {
	if v.kind != "" {
		return v.kind
	}
	return v.OTelKind()
}

// OTelKind returns OTel's word for the kind; "internal" if it has none.
func (v *View) OTelKind() string { return vocab.OfSpanKind(v.Kind) }

// Service returns the service that the span was begun with, else the service.name of its
// resource.
func (v *View) Service() string { return or(v.service, v.res.service) }

// Target returns what the span was about, in the framework's words: target, else entry.
func (v *View) Target() string { return or(v.target, v.entry) }

// Step returns the step that the span was begun with, else its name.
func (v *View) Step() string { return or(v.step, v.Name) }

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Attribute returns the attribute that a value of [TypeAttribute] or
// [TypeResourceAttribute] names; the empty value if there is none.
func (v *View) Attribute(value Value) attribute.Value {
	switch value.Type {
	case TypeAttribute:
		for i := range v.Attributes {
			if key := v.Attributes[i].Key; string(key) == value.Str && !vocab.Forged(key) {
				return v.Attributes[i].Value
			}
		}
	case TypeResourceAttribute:
		if found, ok := v.Resource.Set().Value(attribute.Key(value.Str)); ok {
			return found
		}
	default:
	}
	return attribute.Value{}
}

// Forget drops the span, so that it can be collected. What is known of resources stays.
func (v *View) Forget() {
	v.Span, v.Attributes, v.Name, v.Status = nil, nil, "", sdktrace.Status{}
	v.events, v.links, v.wrapped = nil, nil, false
	v.Context, v.Parent = trace.SpanContext{}, trace.SpanContext{}
	v.clearReserved()
}
