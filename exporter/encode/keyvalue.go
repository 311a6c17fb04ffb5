package encode

import (
	"slices"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/internal/vocab"
)

// KeyValue returns what f has for the span of v as an attribute under f's name: texts and
// numbers as they are, milliseconds as a float, objects and lists as JSON text.
func (w *Writer) KeyValue(v *View, f *Field) attribute.KeyValue {
	kv := attribute.KeyValue{Key: vocab.Key(f.Name)}
	switch value := f.Value(v); value.Type {
	case TypeString:
		kv.Value = attribute.StringValue(value.Str)
	case TypeInt:
		kv.Value = attribute.Int64Value(value.Num)
	case TypeMillis:
		kv.Value = attribute.Float64Value(float64(value.Num) / 1e6)
	case TypeAttribute, TypeResourceAttribute:
		kv.Value = v.Attribute(value)
	case TypeTraceID, TypeSpanID, TypeParentID,
		TypeTime, TypeTimeMicro:
		w.scratch = appendPlain(w.scratch[:0], v, value.Type)
		kv.Value = attribute.StringValue(string(w.scratch))
	case TypeSpanName, TypeTraceState:
		w.scratch = appendJoined(w.scratch[:0], v, value.Type, appendRaw)
		kv.Value = attribute.StringValue(string(w.scratch))
	default:
		w.scratch = w.AppendJSON(w.scratch[:0], v, value)
		kv.Value = attribute.StringValue(string(w.scratch))
	}
	return kv
}

// AddFields puts what fields have for the span of v into attributes, in the place of one of the
// same name, since OTLP allows a name once. What says nothing (see [Empty]) is left out.
// Attributes must be the caller's own: they are changed.
func (w *Writer) AddFields(attributes []attribute.KeyValue, v *View, fields []Field) []attribute.KeyValue {
	for i := range fields {
		f := &fields[i]
		if Empty(v, f.Value(v)) {
			continue
		}
		kv := w.KeyValue(v, f)
		if at := slices.IndexFunc(attributes, func(old attribute.KeyValue) bool { return old.Key == kv.Key && !vocab.Forged(old.Key) }); at >= 0 {
			attributes[at] = kv
		} else {
			attributes = append(attributes, kv)
		}
	}
	return attributes
}

func appendRaw(dst []byte, s string) []byte { return append(dst, s...) }

// bytesAsString must not outlive the next change of b.
func bytesAsString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) } //nolint:gosec // it is read before b changes
