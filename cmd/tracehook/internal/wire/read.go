package wire

import (
	"maps"
	"slices"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/internal/vocab"
)

// FromRead makes a message of a span that was read from a file of any encoding. What such a file
// doesn't hold (flags, tracestate, scope) it can't have.
func FromRead(s *readback.Span) *tracepb.TracesData {
	span := &tracepb.Span{
		TraceId: s.TraceID[:], SpanId: s.ID[:], Name: s.Name,
		StartTimeUnixNano: uint64(max(s.Start.UnixNano(), 0)), EndTimeUnixNano: uint64(max(s.End.UnixNano(), 0)),
		Kind:   tracepb.Span_SpanKind(vocab.SpanKind(strings.ToLower(s.Kind))),
		Status: &tracepb.Status{}, Attributes: keyValues(s.Attributes),
	}
	if s.Parent.IsValid() {
		span.ParentSpanId = s.Parent[:]
	}
	if s.Status != "" && s.Status != vocab.OK {
		span.Status.Code, span.Status.Message = tracepb.Status_STATUS_CODE_ERROR, s.Message
	}
	for _, e := range s.EventList() {
		event := &tracepb.Span_Event{Name: e.Name, Attributes: keyValues(e.Attributes)}
		if !e.Time.IsZero() {
			event.TimeUnixNano = uint64(max(e.Time.UnixNano(), 0))
		}
		span.Events = append(span.Events, event)
	}
	span.Attributes = append(span.Attributes, words(s)...)
	resource := maps.Clone(s.Resource)
	if _, ok := resource["service.name"]; !ok && s.Service != "" {
		if resource == nil {
			resource = make(map[string]any)
		}
		resource["service.name"] = s.Service
	}
	return &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: keyValues(resource)},
		ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{span}}},
	}}}
}

// words returns the attributes in which a framework's words travel.
func words(s *readback.Span) (all []*commonpb.KeyValue) {
	add := func(key string, value any) {
		all = append(all, &commonpb.KeyValue{Key: key, Value: anyValue(value)})
	}
	if own, _ := s.Resource["service.name"].(string); own != "" && s.Service != "" && s.Service != own {
		add(string(vocab.Service), s.Service)
	}
	if kind := strings.ToLower(s.Kind); vocab.KnownKind(kind) && vocab.SpanKind(kind).String() != kind {
		add(string(vocab.Kind), kind)
	}
	if s.Status != "" && s.Status != vocab.OK && s.Status != vocab.Error {
		add(string(vocab.Status), s.Status)
	}
	for _, word := range []string{"target", "entry", "step", "code", "result"} {
		if value, ok := s.Other[word]; ok && value != "" && value != nil {
			add(vocab.Prefix+word, value)
		}
	}
	return all
}

func keyValues(table map[string]any) []*commonpb.KeyValue {
	all := make([]*commonpb.KeyValue, 0, len(table))
	for _, key := range slices.Sorted(maps.Keys(table)) {
		all = append(all, &commonpb.KeyValue{Key: key, Value: anyValue(table[key])})
	}
	return all
}

func anyValue(value any) *commonpb.AnyValue {
	switch value := value.(type) {
	case string:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}
	case bool:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: value}}
	case int64:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: value}}
	case float64:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: value}}
	case []any:
		list := new(commonpb.ArrayValue)
		for _, v := range value {
			list.Values = append(list.Values, anyValue(v))
		}
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}
	case map[string]any:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: keyValues(value)}}}
	}
	return nil
}
