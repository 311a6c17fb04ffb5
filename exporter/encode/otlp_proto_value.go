package encode

import (
	"encoding/binary"
	"math"
	"math/bits"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

// deepestOTLP is how far values within values are followed in protobuf; deeper ones are
// empty. Many readers follow messages to a depth of 100, a request has 6 above the value of
// an attribute, and each map within a map has 3.
const deepestOTLP = 30

// protoAttributes appends attributes as a repeated field of KeyValue messages.
func protoAttributes(dst []byte, field byte, attributes []attribute.KeyValue) []byte {
	for i := range attributes {
		dst = protoAttribute(dst, field, attributes[i].Key, &attributes[i].Value, 0)
	}
	return dst
}

func protoAttribute(dst []byte, field byte, key attribute.Key, v *attribute.Value, depth int) []byte {
	dst = append(dst, field<<3|wireBytes, 0)
	start := len(dst)
	dst = protoText(dst, 1, string(key))
	dst = protoValue(dst, 2, v, depth)
	return protoLength(dst, start, roomOfValue)
}

// protoValue appends v as a field of type AnyValue.
func protoValue(dst []byte, field byte, v *attribute.Value, depth int) []byte {
	switch v.Type() {
	case attribute.STRING:
		return protoString(dst, field, v.AsString())
	case attribute.INT64:
		return protoInt(dst, field, v.AsInt64())
	case attribute.BOOL:
		return protoBool(dst, field, v.AsBool())
	case attribute.FLOAT64:
		return protoFloat(dst, field, v.AsFloat64())
	case attribute.EMPTY:
		return append(dst, field<<3|wireBytes, 0)
	default:
	}
	dst = append(dst, field<<3|wireBytes, 0)
	start := len(dst)
	if depth < deepestOTLP {
		dst = protoComposite(dst, v, depth)
	}
	return protoLength(dst, start, roomOfValue)
}

// protoComposite appends the one field of an AnyValue.
func protoComposite(dst []byte, v *attribute.Value, depth int) []byte {
	switch v.Type() {
	case attribute.BYTESLICE:
		return protoBytes(dst, 7, v.AsByteSlice())
	case attribute.MAP:
		dst = append(dst, 6<<3|wireBytes, 0)
		start := len(dst)
		for _, kv := range v.AsMap() {
			dst = protoAttribute(dst, 1, kv.Key, &kv.Value, depth+1)
		}
		return protoLength(dst, start, roomOfValue)
	case attribute.STRINGSLICE:
		return protoList(dst, v.AsStringSlice(), protoString)
	case attribute.INT64SLICE:
		return protoList(dst, v.AsInt64Slice(), protoInt)
	case attribute.BOOLSLICE:
		return protoList(dst, v.AsBoolSlice(), protoBool)
	case attribute.FLOAT64SLICE:
		return protoList(dst, v.AsFloat64Slice(), protoFloat)
	case attribute.SLICE:
		return protoList(dst, v.AsSlice(), func(dst []byte, field byte, v attribute.Value) []byte {
			return protoValue(dst, field, &v, depth+1)
		})
	default:
		return protoText(dst, 1, "INVALID") // OTel's word for a type that it doesn't know
	}
}

func protoList[T any](dst []byte, list []T, add func([]byte, byte, T) []byte) []byte {
	dst = append(dst, 5<<3|wireBytes, 0)
	start := len(dst)
	for _, element := range list {
		dst = add(dst, 1, element)
	}
	return protoLength(dst, start, roomOfValue)
}

func protoString(dst []byte, field byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = validText(s)
	}
	dst = append(dst, field<<3|wireBytes)
	dst = binary.AppendUvarint(dst, 1+uvarintSize(uint64(len(s)))+uint64(len(s)))
	dst = append(dst, 1<<3|wireBytes)
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func protoInt(dst []byte, field byte, n int64) []byte {
	dst = append(dst, field<<3|wireBytes, byte(1+uvarintSize(uint64(n))), 3<<3|wireVarint)
	return binary.AppendUvarint(dst, uint64(n)) // two's complement, as protobuf has it
}

func protoBool(dst []byte, field byte, b bool) []byte {
	value := byte(0)
	if b {
		value = 1
	}
	return append(dst, field<<3|wireBytes, 2, 2<<3|wireVarint, value)
}

func protoFloat(dst []byte, field byte, f float64) []byte {
	dst = append(dst, field<<3|wireBytes, 9, 4<<3|wire64)
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
}

func protoBytes(dst []byte, field byte, b []byte) []byte {
	return append(binary.AppendUvarint(append(dst, field<<3|wireBytes), uint64(len(b))), b...)
}

// protoText appends a text that is left out where it is empty. Protobuf refuses a whole
// message for a text that isn't UTF-8, so that each wrong byte becomes U+FFFD.
func protoText(dst []byte, field byte, s string) []byte {
	if s == "" {
		return dst
	}
	if !utf8.ValidString(s) {
		s = validText(s)
	}
	return append(binary.AppendUvarint(append(dst, field<<3|wireBytes), uint64(len(s))), s...)
}

func validText(s string) string {
	var valid []byte
	for _, r := range s {
		valid = utf8.AppendRune(valid, r)
	}
	return string(valid)
}

func uvarintSize(n uint64) uint64 { return uint64(bits.Len64(n|1)+6) / 7 }
