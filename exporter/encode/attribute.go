package encode

import (
	"encoding/base64"
	"slices"
	"strconv"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/internal/vocab"
)

// AppendAttributes appends attributes as a JSON object, in their order. Of those with one key
// the last counts. Keys that differ only in bytes that aren't UTF-8 get a number.
func AppendAttributes(dst []byte, attributes []attribute.KeyValue) []byte {
	return appendObject(dst, attributes, 0)
}

func appendObject(dst []byte, attributes []attribute.KeyValue, depth int) []byte {
	for i := range attributes { // few, where nobody has made them unique
		for j := range i {
			if attributes[i].Key == attributes[j].Key {
				return appendMembers(dst, uniqueKeys(attributes), ofOthers, depth)
			}
		}
	}
	return appendMembers(dst, attributes, ofOthers, depth)
}

// AppendSpanAttributes appends those of a span, whose keys are unique: the framework's words about it,
// too. One with a key that reads like such a word gets another, see docs/fields.md.
func AppendSpanAttributes(dst []byte, attributes []attribute.KeyValue) []byte {
	return appendMembers(dst, attributes, ofSpan, 0)
}

// Whose attributes are appended.
type owner uint8

const (
	ofOthers owner = iota // those of an event, a link, a scope, a value
	ofSpan
	ofSpanPublic // without the reserved ones
)

func appendMembers(dst []byte, attributes []attribute.KeyValue, of owner, depth int) []byte {
	start, escaped := len(dst), false
	for i := range attributes {
		kv := &attributes[i]
		key := kv.Key
		if of != ofOthers {
			if of == ofSpanPublic && vocab.Reserved(key) {
				continue
			}
			key = vocab.Written(key)
		}
		before := len(dst)
		dst = appendKey(dst, string(key))
		escaped = escaped || len(dst)-before != len(key)+4
		dst = appendAttribute(dst, &kv.Value, depth)
	}
	if escaped && slices.ContainsFunc(attributes, invalidKey) {
		return appendMembers(dst[:start], uniqueKeys(attributes), of, depth)
	}
	if len(dst) == start {
		dst = append(dst, '{')
	}
	dst[start] = '{' // the first attribute's comma
	return append(dst, '}')
}

func invalidKey(kv attribute.KeyValue) bool { return !utf8.ValidString(string(kv.Key)) }

// uniqueKeys returns attributes whose keys are valid and differ.
func uniqueKeys(attributes []attribute.KeyValue) []attribute.KeyValue {
	unique := make([]attribute.KeyValue, 0, len(attributes))
	last := make(map[attribute.Key]int, len(attributes)) // where a key stands last
	for i, kv := range attributes {
		last[kv.Key] = i
	}
	for i, kv := range attributes {
		if last[kv.Key] != i {
			continue
		}
		if invalidKey(kv) {
			valid := attribute.Key([]rune(string(kv.Key))) // a replacement character for each bad byte
			kv.Key = valid
			for n := 2; ; n++ {
				if _, taken := last[kv.Key]; !taken {
					break
				}
				kv.Key = valid + attribute.Key("_"+strconv.Itoa(n))
			}
			last[kv.Key] = i
		}
		unique = append(unique, kv)
	}
	return unique
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
		return appendObject(dst, v.AsMap(), depth+1)
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
