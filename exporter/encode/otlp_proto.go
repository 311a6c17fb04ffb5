package encode

import (
	"encoding/binary"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// OTLPProto writes the spans of one call as one ExportTraceServiceRequest in protobuf, in
// one pass: what OTel's own exporters send, and the trace states of links, which they leave
// out. In steady state a span of scalar attributes costs no allocation. It is for one
// goroutine at a time.
type OTLPProto struct{ grouper }

// NewOTLPProto returns an encoder of protobuf.
func NewOTLPProto(o OTLPOptions) *OTLPProto {
	return &OTLPProto{newGrouper(o, protoResource)}
}

// Append appends the request and returns dst. It keeps neither dst nor the spans, and skips
// nil ones; without spans it appends nothing, which is an empty request.
func (e *OTLPProto) Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte {
	e.group(spans)
	for i := range e.groups {
		if !e.groups[i].written {
			dst = e.resourceSpans(dst, e.groups[i:], spans)
		}
	}
	e.forget()
	return dst
}

// roomOf is how many bytes are left for the length of a message before it is written: what
// it mostly takes. Where it takes another number, the message is moved.
const (
	roomOfValue = 1 // up to 127 bytes
	roomOfSpan  = 2 // up to 16 kB
	roomOfBatch = 3 // up to 2 MB
)

func (e *OTLPProto) resourceSpans(dst []byte, groups []group, spans []sdktrace.ReadOnlySpan) []byte {
	dst = append(dst, 1<<3|wireBytes, 0, 0, 0)
	start, of := len(dst), groups[0].of
	dst = append(dst, of.encoded...)
	for i := range groups {
		if groups[i].of == of {
			dst = e.scopeSpans(dst, &groups[i], spans)
		}
	}
	dst = protoText(dst, 3, of.resource.SchemaURL())
	return protoLength(dst, start, roomOfBatch)
}

func (e *OTLPProto) scopeSpans(dst []byte, g *group, spans []sdktrace.ReadOnlySpan) []byte {
	g.written = true
	dst = append(dst, 2<<3|wireBytes, 0, 0, 0)
	start := len(dst)
	dst = append(dst, e.scopes.or(g.scope, protoScope)...)
	for at := g.first; at >= 0; at = e.next[at] {
		s := spans[at]
		if len(e.fields) > 0 {
			e.read(s, g.of)
			s = e.view.Span // redacted
		}
		parts := redact.PartsOf(s)
		switch r := e.options.Redactor; {
		case len(e.fields) > 0:
			parts.Attributes = e.withFields()
		case r != nil && !r.Passes(&parts):
			s = r.Span(s)
			parts = redact.PartsOf(s)
		}
		dst = protoSpan(dst, s, &parts)
	}
	dst = protoText(dst, 3, g.scope.SchemaURL)
	return protoLength(dst, start, roomOfBatch)
}

// protoResource appends the field resource.
func protoResource(dst []byte, r *resource.Resource) []byte {
	dst = append(dst, 1<<3|wireBytes, 0, 0)
	start := len(dst)
	dst = protoAttributes(dst, 1, r.Attributes())
	return protoLength(dst, start, roomOfSpan)
}

// protoScope appends the field scope; nothing for one that says nothing.
func protoScope(dst []byte, scope instrumentation.Scope) []byte {
	if scope == (instrumentation.Scope{}) {
		return dst
	}
	dst = append(dst, 1<<3|wireBytes, 0)
	start := len(dst)
	dst = protoText(dst, 1, scope.Name)
	dst = protoText(dst, 2, scope.Version)
	dst = protoAttributes(dst, 3, scope.Attributes.ToSlice())
	return protoLength(dst, start, roomOfValue)
}

// The types of fields on the wire.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

// protoLength writes the length of the message that ends dst and begins at start, into the
// room before it.
func protoLength(dst []byte, start, room int) []byte {
	size := uint64(len(dst) - start) // never negative
	if size < 0x80 && room == 1 {
		dst[start-1] = byte(size)
		return dst
	}
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], size)
	if n != room {
		dst = append(dst, length[:max(n-room, 0)]...)
		copy(dst[start+n-room:], dst[start:])
		dst = dst[:start+n-room+int(size)] // it was a length
	}
	copy(dst[start-room:], length[:n])
	return dst
}
