package decision

import (
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// What parts of a span take besides their texts, in bytes: about what they take in memory, and
// not less than what they take in a request.
const (
	sizeOfSpan      = 512
	sizeOfEvent     = 96
	sizeOfLink      = 128
	sizeOfAttribute = 64
)

// oneIn is the part of all spans of which more than the attributes is looked at.
const oneIn = 16

// SizeOf estimates how many bytes s takes, whose id is given. Queues and whatever else holds spans
// count with it. It doesn't allocate, unless an attribute has a list or a map.
//
// Each method of an ended span copies it. So the name, events, links and status of one span in
// sixteen, by its id, are counted sixteen times: the sum over many spans is right.
func SizeOf(s sdktrace.ReadOnlySpan, id trace.SpanID) int64 {
	n := sizeOfSpan + sizeOfAttributes(s.Attributes())
	if id[7]%oneIn != 0 {
		return int64(n)
	}
	return int64(n + oneIn*sizeOfRest(s))
}

// WholeSizeOf is [SizeOf] without the sampling: it looks at all of s, for callers off the path on which
// a span ends who bound each single span.
func WholeSizeOf(s sdktrace.ReadOnlySpan) int64 {
	return int64(sizeOfSpan + sizeOfAttributes(s.Attributes()) + sizeOfRest(s))
}

// sizeOfRest returns what the name, status, events and links take.
func sizeOfRest(s sdktrace.ReadOnlySpan) int {
	n := len(s.Name()) + len(s.Status().Description)
	for _, e := range s.Events() {
		n += sizeOfEvent + len(e.Name) + sizeOfAttributes(e.Attributes)
	}
	for _, l := range s.Links() {
		n += sizeOfLink + sizeOfAttributes(l.Attributes)
	}
	return n
}

func sizeOfAttributes(attrs []attribute.KeyValue) int {
	n := len(attrs) * sizeOfAttribute
	for i := range attrs {
		n += len(attrs[i].Key) + sizeOfText(&attrs[i].Value)
	}
	return n
}

// sizeOfText returns what a value takes besides itself.
func sizeOfText(v *attribute.Value) (n int) {
	switch v.Type() {
	case attribute.STRING:
		return len(v.AsString())
	case attribute.BYTESLICE:
		return len(v.AsByteSlice())
	case attribute.BOOLSLICE:
		return len(v.AsBoolSlice())
	case attribute.INT64SLICE:
		return 8 * len(v.AsInt64Slice())
	case attribute.FLOAT64SLICE:
		return 8 * len(v.AsFloat64Slice())
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			n += 16 + len(s)
		}
	case attribute.SLICE:
		for _, e := range v.AsSlice() {
			n += sizeOfAttribute + sizeOfText(&e)
		}
	case attribute.MAP:
		return sizeOfAttributes(v.AsMap())
	default:
	}
	return n
}
