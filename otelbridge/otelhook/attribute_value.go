package otelhook

import (
	"encoding"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/internal/clip"
)

// maxText is the longest text that is made of a value, in bytes. A string of the
// application's own keeps its length, except in a status.
const maxText = 64 << 10

// maxElements is how many elements of a slice become an attribute.
const maxElements = 1024

// valueOf returns v as an attribute value; false for nil and what points to it. It never
// panics, whatever v is, and needs no reflection for the types that attributes usually have.
func valueOf(v any) (attribute.Value, bool) {
	switch x := v.(type) {
	case string:
		return attribute.StringValue(clean(x)), true
	case int:
		return attribute.IntValue(x), true
	case bool:
		return attribute.BoolValue(x), true
	case int64:
		return attribute.Int64Value(x), true
	case float64:
		return floatValue(x), true
	case nil:
		return attribute.Value{}, false
	case time.Duration:
		return attribute.StringValue(x.String()), true
	case int32:
		return attribute.Int64Value(int64(x)), true
	case int16:
		return attribute.Int64Value(int64(x)), true
	case int8:
		return attribute.Int64Value(int64(x)), true
	case uint:
		return uintValue(uint64(x)), true
	case uint64:
		return uintValue(x), true
	case uint32:
		return attribute.Int64Value(int64(x)), true
	case uint16:
		return attribute.Int64Value(int64(x)), true
	case uint8:
		return attribute.Int64Value(int64(x)), true
	case float32:
		return floatValue(float64(x)), true
	case time.Time:
		return attribute.StringValue(timeText(x)), true
	case []byte:
		return attribute.StringValue(bytesText(x)), x != nil
	case []string:
		return attribute.StringSliceValue(cleanAll(x)), x != nil
	case []int:
		return attribute.IntSliceValue(x[:min(len(x), maxElements)]), x != nil
	case []int64:
		return attribute.Int64SliceValue(x[:min(len(x), maxElements)]), x != nil
	case []bool:
		return attribute.BoolSliceValue(x[:min(len(x), maxElements)]), x != nil
	case []float64:
		if finite(x) {
			return attribute.Float64SliceValue(x[:min(len(x), maxElements)]), x != nil
		}
	case attribute.Value:
		return x, x.Type() != attribute.EMPTY
	}
	return otherValue(v)
}

func timeText(t time.Time) string { return t.Format(time.RFC3339Nano) }

func floatValue(f float64) attribute.Value {
	// No format but protobuf has a number for these.
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return attribute.StringValue(strconv.FormatFloat(f, 'g', -1, 64))
	}
	return attribute.Float64Value(f)
}

func finite(list []float64) bool {
	for _, f := range list {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
	}
	return true
}

func uintValue(u uint64) attribute.Value {
	if u > math.MaxInt64 {
		return attribute.StringValue(strconv.FormatUint(u, 10))
	}
	return attribute.Int64Value(int64(u))
}

// otherValue is valueOf for everything else.
func otherValue(v any) (attribute.Value, bool) {
	if isNil(v) {
		return attribute.Value{}, false
	}
	if text, ok := ownText(v); ok {
		return attribute.StringValue(text), true
	}
	value, ok := guard(func() attribute.Value { return reflectValue(v) })
	if !ok {
		value = attribute.StringValue(typeName(v))
	}
	return value, value.Type() != attribute.EMPTY
}

// ownText returns what v itself says as text, if it is one of those that do. One that
// panics is named by its type.
func ownText(v any) (string, bool) {
	var text func() string
	switch x := v.(type) {
	case time.Time:
		return timeText(x), true
	case *time.Time:
		return timeText(*x), true
	case error:
		text = x.Error
	case fmt.Stringer:
		text = x.String
	case encoding.TextMarshaler:
		text = func() string {
			b, err := x.MarshalText()
			if err != nil {
				return typeName(v) + ": " + err.Error()
			}
			return string(b)
		}
	default:
		return "", false
	}
	s, ok := guard(text)
	if !ok {
		s = typeName(v) + " panicked"
	}
	return shorten(clean(s)), true
}

// textOf returns v as text, at most [maxText] long; "" for nil.
func textOf(v any) string {
	if s, ok := v.(string); ok {
		return shorten(clean(s))
	}
	value, ok := valueOf(v)
	if !ok {
		return ""
	}
	if value.Type() == attribute.STRING {
		return shorten(value.AsString())
	}
	return shorten(clean(value.String()))
}

// guard returns what f returns, and false if it panics.
func guard[T any](f func() T) (v T, ok bool) {
	defer func() {
		if !ok {
			_ = recover()
		}
	}()
	return f(), true
}

// clean replaces what isn't UTF-8: one bad byte would make OTLP refuse a whole batch.
func clean(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// shorten cuts s to maxText bytes, at a character.
func shorten(s string) string {
	if len(s) <= maxText {
		return s
	}
	return clip.Head(s, maxText-len("…")) + "…"
}

func cleanAll(list []string) []string {
	list = list[:min(len(list), maxElements)]
	for i, s := range list {
		if !utf8.ValidString(s) {
			out := append([]string(nil), list...)
			for ; i < len(out); i++ {
				out[i] = clean(out[i])
			}
			return out
		}
	}
	return list
}

func bytesText(b []byte) string {
	if utf8.Valid(b) {
		return shorten(string(b[:min(len(b), maxText+utf8.UTFMax)]))
	}
	return shorten(base64.StdEncoding.EncodeToString(b[:min(len(b), maxText)]))
}
