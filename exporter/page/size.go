package page

import (
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// What things weigh beside the texts in them, in bytes. They are a little more than the structs of
// the SDK, so that the bound errs on the safe side.
const (
	spanWeight      = 768
	attributeWeight = 64
	eventWeight     = 96
	linkWeight      = 128
	deepest         = 64
)

// sizeOf estimates how much memory a span holds that isn't shared with others, as its resource is.
func sizeOf(s sdktrace.ReadOnlySpan) int64 {
	n := spanWeight + len(s.Name()) + len(s.Status().Description) + attributesSize(s.Attributes(), 0)
	n += 2 * s.SpanContext().TraceState().Len() * attributeWeight
	for _, e := range s.Events() {
		n += eventWeight + len(e.Name) + attributesSize(e.Attributes, 0)
	}
	for i := range s.Links() {
		l := &s.Links()[i]
		n += linkWeight + attributesSize(l.Attributes, 0) + l.SpanContext.TraceState().Len()*attributeWeight
	}
	return int64(n)
}

func attributesSize(attrs []attribute.KeyValue, depth int) int {
	n := 0
	for i := range attrs {
		n += len(attrs[i].Key) + valueSize(&attrs[i].Value, depth)
	}
	return n
}

func valueSize(v *attribute.Value, depth int) int {
	if depth > deepest {
		return attributeWeight
	}
	n := attributeWeight
	switch v.Type() {
	case attribute.STRING:
		n += len(v.AsString())
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			n += len(s) + attributeWeight/4
		}
	case attribute.BYTESLICE:
		n += len(v.AsByteSlice())
	case attribute.BOOLSLICE:
		n += len(v.AsBoolSlice())
	case attribute.INT64SLICE:
		n += 8 * len(v.AsInt64Slice())
	case attribute.FLOAT64SLICE:
		n += 8 * len(v.AsFloat64Slice())
	case attribute.SLICE:
		for _, e := range v.AsSlice() {
			n += valueSize(&e, depth+1)
		}
	case attribute.MAP:
		n += attributesSize(v.AsMap(), depth+1)
	default:
	}
	return n
}
