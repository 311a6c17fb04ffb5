package wire

import (
	"go.opentelemetry.io/otel/attribute"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// Attributes returns attributes as a program has set them.
func Attributes(all []*commonpb.KeyValue) []attribute.KeyValue {
	out := make([]attribute.KeyValue, 0, len(all))
	for _, kv := range all {
		out = append(out, attribute.KeyValue{Key: attribute.Key(kv.GetKey()), Value: valueOf(kv.GetValue())})
	}
	return out
}

func valueOf(v *commonpb.AnyValue) attribute.Value {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return attribute.StringValue(v.StringValue)
	case *commonpb.AnyValue_BoolValue:
		return attribute.BoolValue(v.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return attribute.Int64Value(v.IntValue)
	case *commonpb.AnyValue_DoubleValue:
		return attribute.Float64Value(v.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		return attribute.ByteSliceValue(v.BytesValue)
	case *commonpb.AnyValue_KvlistValue:
		return attribute.MapValue(Attributes(v.KvlistValue.GetValues())...)
	case *commonpb.AnyValue_ArrayValue:
		return list(v.ArrayValue.GetValues())
	}
	return attribute.Value{}
}

// list returns a slice of one type where all elements have it, as programs set most.
func list(values []*commonpb.AnyValue) attribute.Value {
	all := make([]attribute.Value, len(values))
	for i, v := range values {
		all[i] = valueOf(v)
	}
	switch {
	case are(all, attribute.STRING):
		return attribute.StringSliceValue(each(all, attribute.Value.AsString))
	case are(all, attribute.BOOL):
		return attribute.BoolSliceValue(each(all, attribute.Value.AsBool))
	case are(all, attribute.INT64):
		return attribute.Int64SliceValue(each(all, attribute.Value.AsInt64))
	case are(all, attribute.FLOAT64):
		return attribute.Float64SliceValue(each(all, attribute.Value.AsFloat64))
	}
	return attribute.SliceValue(all...)
}

func are(all []attribute.Value, kind attribute.Type) bool {
	for _, v := range all {
		if v.Type() != kind {
			return false
		}
	}
	return true
}

func each[T any](all []attribute.Value, of func(attribute.Value) T) []T {
	out := make([]T, len(all))
	for i, v := range all {
		out[i] = of(v)
	}
	return out
}
