package encode

import (
	"encoding/base64"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
)

func appendOTLPAttributes(dst []byte, attributes []attribute.KeyValue) []byte {
	return appendOTLPMembers(dst, attributes, func(key attribute.Key) attribute.Key { return key })
}

// appendOTLPMembers appends attributes under the keys that written makes of theirs.
func appendOTLPMembers(dst []byte, attributes []attribute.KeyValue, written func(attribute.Key) attribute.Key) []byte {
	dst = append(dst, '[')
	for i := range attributes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendOTLPAttribute(dst, written(attributes[i].Key), &attributes[i].Value)
	}
	return append(dst, ']')
}

func appendOTLPAttribute(dst []byte, key attribute.Key, v *attribute.Value) []byte {
	dst = append(dst, `{"key":`...)
	dst = appendString(dst, string(key))
	dst = append(dst, `,"value":`...)
	dst = appendOTLPValue(dst, v, 0)
	return append(dst, '}')
}

func appendOTLPValue(dst []byte, v *attribute.Value, depth int) []byte {
	if depth > deepest {
		return append(dst, "{}"...)
	}
	switch v.Type() {
	case attribute.STRING:
		return otlpString(dst, v.AsString())
	case attribute.INT64:
		return otlpInt(dst, v.AsInt64())
	case attribute.BOOL:
		return otlpBool(dst, v.AsBool())
	case attribute.FLOAT64:
		return otlpFloat(dst, v.AsFloat64())
	case attribute.BYTESLICE:
		dst = append(dst, `{"bytesValue":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, v.AsByteSlice())
		return append(dst, `"}`...)
	case attribute.MAP:
		dst = append(dst, `{"kvlistValue":{"values":[`...)
		for i, kv := range v.AsMap() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, `{"key":`...)
			dst = appendString(dst, string(kv.Key))
			dst = append(dst, `,"value":`...)
			dst = appendOTLPValue(dst, &kv.Value, depth+1)
			dst = append(dst, '}')
		}
		return append(dst, "]}}"...)
	case attribute.EMPTY:
		return append(dst, "{}"...)
	default:
		return appendOTLPArray(dst, v, depth)
	}
}

func appendOTLPArray(dst []byte, v *attribute.Value, depth int) []byte {
	dst = append(dst, `{"arrayValue":{"values":`...)
	switch v.Type() {
	case attribute.STRINGSLICE:
		dst = AppendList(dst, v.AsStringSlice(), otlpString)
	case attribute.INT64SLICE:
		dst = AppendList(dst, v.AsInt64Slice(), otlpInt)
	case attribute.BOOLSLICE:
		dst = AppendList(dst, v.AsBoolSlice(), otlpBool)
	case attribute.FLOAT64SLICE:
		dst = AppendList(dst, v.AsFloat64Slice(), otlpFloat)
	default:
		dst = AppendList(dst, v.AsSlice(), func(dst []byte, element attribute.Value) []byte {
			return appendOTLPValue(dst, &element, depth+1)
		})
	}
	return append(dst, "}}"...)
}

func otlpString(dst []byte, s string) []byte {
	return append(appendString(append(dst, `{"stringValue":`...), s), '}')
}

func otlpInt(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, `{"intValue":"`...), n, 10), `"}`...)
}

func otlpBool(dst []byte, b bool) []byte {
	return append(strconv.AppendBool(append(dst, `{"boolValue":`...), b), '}')
}

func otlpFloat(dst []byte, f float64) []byte {
	return append(appendFloat(append(dst, `{"doubleValue":`...), f), '}')
}
