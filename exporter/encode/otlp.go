package encode

import (
	"strconv"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/internal/vocab"
)

// OTLP writes the spans of one call as one line: an OTLP TracesData message in the JSON
// encoding of OTel's file format (lower camel case, ids in hexadecimal, enums as numbers,
// 64-bit integers as strings), in which spans are grouped by resource and scope. Mapped
// fields become attributes of each span, see [Writer.AddFields]. It is for one goroutine at a
// time.
//
// A line begins with its first span, and what spans share comes behind them: a reader that follows files
// recognizes one by its beginning (the Collector by its first 1,000 bytes), and a resource alone may be
// longer than that.
type OTLP struct{ grouper }

var _ Encoder = (*OTLP)(nil)

// NewOTLP returns an OTLP encoder for the mapped fields of s.
func NewOTLP(s exporter.Settings) (*OTLP, error) {
	fields, err := CompileFields(s)
	if err != nil {
		return nil, err
	}
	if len(s.Fields) == 0 {
		fields = nil
	}
	return NewOTLPJSON(OTLPOptions{Fields: fields}), nil
}

// NewOTLPJSON returns an OTLP encoder. A line of it is also what OTLP/HTTP takes as
// application/json.
func NewOTLPJSON(o OTLPOptions) *OTLP { return &OTLP{newGrouper(o, appendOTLPResource)} }

// Redact makes the encoder redact spans with r. It must be called before the first span comes.
func (e *OTLP) Redact(r *redact.Redactor) { e.options.Redactor, e.view.redactor = r, r }

// Batched implements [Encoder]: one line holds all spans of a call.
func (*OTLP) Batched() bool { return true }

// Kind implements [Encoder].
func (*OTLP) Kind() string { return "otlp" }

// Append implements [Encoder]. Without spans it appends nothing.
func (e *OTLP) Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte {
	e.group(spans)
	if len(e.groups) == 0 {
		return dst
	}
	dst = append(dst, `{"resourceSpans":[`...)
	for i := range e.groups {
		if g := &e.groups[i]; !g.written {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.appendResourceSpans(dst, e.groups[i:], spans)
		}
	}
	e.forget()
	return append(dst, "]}\n"...)
}

// appendResourceSpans appends the first group and those of the same resource.
func (e *OTLP) appendResourceSpans(dst []byte, groups []group, spans []sdktrace.ReadOnlySpan) []byte {
	of := groups[0].of
	dst = append(dst, `{"scopeSpans":[`...)
	for i := range groups {
		g := &groups[i]
		if g.of != of {
			continue
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		g.written = true
		dst = append(dst, `{"spans":[`...)
		for at := g.first; at >= 0; at = e.next[at] {
			if at != g.first {
				dst = append(dst, ',')
			}
			e.read(spans[at], of)
			dst = e.appendSpan(dst)
		}
		dst = append(dst, ']')
		dst = append(dst, e.scopes.or(g.scope, appendOTLPScope)...)
		if g.scope.SchemaURL != "" {
			dst = append(dst, `,"schemaUrl":`...)
			dst = appendString(dst, g.scope.SchemaURL)
		}
		dst = append(dst, '}')
	}
	dst = append(dst, `],"resource":`...)
	dst = append(dst, of.encoded...)
	if url := of.resource.SchemaURL(); url != "" {
		dst = append(dst, `,"schemaUrl":`...)
		dst = appendString(dst, url)
	}
	return append(dst, '}')
}

func appendOTLPResource(dst []byte, r *resource.Resource) []byte {
	dst = append(dst, `{"attributes":`...)
	dst = appendOTLPAttributes(dst, r.Attributes())
	return append(dst, '}')
}

func appendOTLPScope(dst []byte, scope instrumentation.Scope) []byte {
	if scope == (instrumentation.Scope{}) {
		return dst
	}
	dst = append(dst, `,"scope":{"name":`...)
	dst = appendString(dst, scope.Name)
	if scope.Version != "" {
		dst = append(dst, `,"version":`...)
		dst = appendString(dst, scope.Version)
	}
	if scope.Attributes.Len() > 0 {
		dst = append(dst, `,"attributes":`...)
		dst = appendOTLPAttributes(dst, scope.Attributes.ToSlice())
	}
	return append(dst, '}')
}

func (e *OTLP) appendSpan(dst []byte) []byte {
	v := &e.view
	dst = append(dst, `{"traceId":"`...)
	dst = appendPlain(dst, v, TypeTraceID)
	dst = append(dst, `","spanId":"`...)
	dst = appendPlain(dst, v, TypeSpanID)
	if state := v.Context.TraceState(); state.Len() > 0 {
		dst = append(dst, `","traceState":"`...)
		dst = appendEscaped(dst, state.String())
	}
	if v.Parent.SpanID().IsValid() {
		dst = append(dst, `","parentSpanId":"`...)
		dst = appendPlain(dst, v, TypeParentID)
	}
	dst = append(dst, `","flags":`...)
	dst = strconv.AppendUint(dst, uint64(otlpFlags(v.Context.TraceFlags(), v.Parent.IsRemote())), 10)
	dst = append(dst, `,"name":`...)
	dst = appendString(dst, v.Name)
	dst = append(dst, `,"kind":`...)
	dst = strconv.AppendInt(dst, otlpKind(v.Kind), 10)
	dst = append(dst, `,"startTimeUnixNano":"`...)
	dst = appendUnixNano(dst, v.StartNano())
	dst = append(dst, `","endTimeUnixNano":"`...)
	dst = appendUnixNano(dst, unixNano(otlpEnd(v.Start, v.End)))
	dst = append(dst, `","attributes":`...)
	dst = e.appendSpanAttributes(dst)
	dst = appendCount(dst, "droppedAttributesCount", v.Span.DroppedAttributes())
	if events := v.spanEvents(); len(events) > 0 {
		dst = append(dst, `,"events":`...)
		dst = AppendList(dst, events, appendOTLPEvent)
	}
	dst = appendCount(dst, "droppedEventsCount", v.Span.DroppedEvents())
	if links := v.spanLinks(); len(links) > 0 {
		dst = append(dst, `,"links":`...)
		dst = AppendList(dst, links, appendOTLPLink)
	}
	dst = appendCount(dst, "droppedLinksCount", v.Span.DroppedLinks())
	dst = append(dst, `,"status":{`...)
	code := otlpStatus(v.Status.Code)
	if code != 0 {
		dst = append(dst, `"code":`...)
		dst = append(dst, '0'+code)
	}
	if v.Status.Description != "" {
		if code != 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `"message":`...)
		dst = appendString(dst, v.Status.Description)
	}
	return append(dst, "}}"...)
}

func (e *OTLP) appendSpanAttributes(dst []byte) []byte {
	attributes := e.view.Attributes
	if len(e.fields) > 0 {
		attributes = e.withFields()
	}
	return appendOTLPMembers(dst, attributes, vocab.Written)
}
