package encode

import (
	"encoding/base64"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/internal/vocab"
)

// AppendAttributes appends attributes as a JSON object, in their order.
func AppendAttributes(dst []byte, attributes []attribute.KeyValue) []byte {
	return appendAttributes(dst, attributes, false)
}

// appendAttributes leaves the reserved ones out if public.
func appendAttributes(dst []byte, attributes []attribute.KeyValue, public bool) []byte {
	start := len(dst)
	for i := range attributes {
		kv := &attributes[i]
		if public && vocab.Reserved(string(kv.Key)) {
			continue
		}
		dst = appendKey(dst, string(kv.Key))
		dst = appendAttribute(dst, &kv.Value, 0)
	}
	if len(dst) == start {
		dst = append(dst, '{')
	}
	dst[start] = '{' // the first attribute's comma
	return append(dst, '}')
}

// AppendAttribute appends one attribute's value as JSON; an empty one is null.
func AppendAttribute(dst []byte, v attribute.Value) []byte { return appendAttribute(dst, &v, 0) }

// deepest is how far values within values are followed; deeper ones are null. A value that
// contains itself can't be made, but a very deep one can.
const deepest = 64

func appendAttribute(dst []byte, v *attribute.Value, depth int) []byte {
	if depth > deepest {
		return append(dst, "null"...)
	}
	switch v.Type() {
	case attribute.STRING:
		return appendString(dst, v.AsString())
	case attribute.INT64:
		return appendInt(dst, v.AsInt64())
	case attribute.BOOL:
		return strconv.AppendBool(dst, v.AsBool())
	case attribute.FLOAT64:
		return appendFloat(dst, v.AsFloat64())
	case attribute.STRINGSLICE:
		return AppendList(dst, v.AsStringSlice(), appendString)
	case attribute.INT64SLICE:
		return AppendList(dst, v.AsInt64Slice(), appendInt)
	case attribute.BOOLSLICE:
		return AppendList(dst, v.AsBoolSlice(), strconv.AppendBool)
	case attribute.FLOAT64SLICE:
		return AppendList(dst, v.AsFloat64Slice(), appendFloat)
	case attribute.BYTESLICE:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v.AsByteSlice())
		return append(dst, '"')
	case attribute.SLICE:
		return AppendList(dst, v.AsSlice(), func(dst []byte, element attribute.Value) []byte {
			return appendAttribute(dst, &element, depth+1)
		})
	case attribute.MAP:
		dst = append(dst, '{')
		for i, kv := range v.AsMap() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, string(kv.Key))
			dst = append(dst, ':')
			dst = appendAttribute(dst, &kv.Value, depth+1)
		}
		return append(dst, '}')
	default:
		return append(dst, "null"...)
	}
}

// AppendList appends a JSON array of what add appends for each element of list.
func AppendList[T any](dst []byte, list []T, add func([]byte, T) []byte) []byte {
	dst = append(dst, '[')
	for i, element := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = add(dst, element)
	}
	return append(dst, ']')
}
