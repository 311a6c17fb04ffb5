package sampler

import (
	"math"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/vocab"
)

// subject is what rules see of a span, at its start or at its end. It lives on the stack.
type subject struct {
	attrs    []attribute.KeyValue
	name     string
	word     string             // the kind word, if it is known already
	service  string             // service.name, if res is nil
	res      *resource.Resource // at the end of a span
	otelKind trace.SpanKind
}

// text returns what the hook has said about the span under one of its keys.
func (s *subject) text(key attribute.Key) (string, bool) {
	for i := range s.attrs {
		if s.attrs[i].Key == key && vocab.Own(s.attrs[i].Key) && s.attrs[i].Value.Type() == attribute.STRING {
			return s.attrs[i].Value.AsString(), true
		}
	}
	return "", false
}

func (s *subject) kindWord() string {
	if s.word != "" {
		return s.word
	}
	if word, ok := s.text(vocab.Kind); ok {
		return word
	}
	return vocab.OfSpanKind(s.otelKind)
}

func (s *subject) serviceName() string {
	if name, ok := s.text(vocab.Service); ok {
		return name
	}
	if s.res == nil {
		return s.service
	}
	name, _ := s.res.Set().Value("service.name")
	return name.AsString()
}

// exact is the largest whole float64 below which every whole number has one.
const exact = 1 << 53

// scalar appends v to buf as printed: the form that conditions are compared with. A whole
// number has no exponent, whether it is an integer or not: 1000000, as a configuration
// writes it. It doesn't allocate for strings, numbers and booleans if buf has room for 32 bytes.
func scalar(v attribute.Value, buf []byte) (text string, printed []byte) {
	switch v.Type() {
	case attribute.STRING:
		return v.AsString(), nil
	case attribute.BOOL:
		return strconv.FormatBool(v.AsBool()), nil
	case attribute.INT64:
		return "", strconv.AppendInt(buf, v.AsInt64(), 10)
	case attribute.FLOAT64:
		f := v.AsFloat64()
		if f == math.Trunc(f) && math.Abs(f) <= exact {
			return "", strconv.AppendInt(buf, int64(f), 10)
		}
		return "", strconv.AppendFloat(buf, f, 'g', -1, 64)
	default:
		return v.String(), nil
	}
}

// maxElements is how many elements of a slice are looked at.
const maxElements = 128

// elements returns the first elements of a slice value, which is the one thing here that
// allocates; ok is false for all other values.
func elements(v attribute.Value) (all []attribute.Value, ok bool) {
	switch v.Type() {
	case attribute.BOOLSLICE:
		return values(v.AsBoolSlice(), attribute.BoolValue), true
	case attribute.INT64SLICE:
		return values(v.AsInt64Slice(), attribute.Int64Value), true
	case attribute.FLOAT64SLICE:
		return values(v.AsFloat64Slice(), attribute.Float64Value), true
	case attribute.STRINGSLICE:
		return values(v.AsStringSlice(), attribute.StringValue), true
	case attribute.SLICE:
		all = v.AsSlice()
		return all[:min(len(all), maxElements)], true
	default:
		return nil, false
	}
}

func values[T any](of []T, value func(T) attribute.Value) []attribute.Value {
	of = of[:min(len(of), maxElements)]
	all := make([]attribute.Value, len(of))
	for i, v := range of {
		all[i] = value(v)
	}
	return all
}
