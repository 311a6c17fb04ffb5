package encode_test

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// official returns what OTel's own exporters make of spans.
func official(tb testing.TB, spans []sdktrace.ReadOnlySpan) *coltracepb.ExportTraceServiceRequest {
	tb.Helper()
	var c client
	if err := otlptrace.NewUnstarted(&c).ExportSpans(tb.Context(), spans); err != nil {
		tb.Fatal(err)
	}
	return &coltracepb.ExportTraceServiceRequest{ResourceSpans: c.spans}
}

// client keeps what it is told to send.
type client struct{ spans []*tracepb.ResourceSpans }

func (c *client) UploadTraces(_ context.Context, spans []*tracepb.ResourceSpans) error {
	c.spans = spans
	return nil
}
func (*client) Start(context.Context) error { return nil }
func (*client) Stop(context.Context) error  { return nil }

// wanted is what a request of ours has to be: the official one, in which links have their
// trace states and texts are valid.
func wanted(tb testing.TB, spans []sdktrace.ReadOnlySpan) *coltracepb.ExportTraceServiceRequest {
	tb.Helper()
	states := make(map[string][]string)
	for _, s := range spans {
		if s == nil {
			continue
		}
		id := s.SpanContext().SpanID()
		for _, l := range s.Links() {
			states[string(id[:])] = append(states[string(id[:])], l.SpanContext.TraceState().String())
		}
	}
	request := official(tb, spans)
	for _, rs := range request.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				for i, l := range s.GetLinks() {
					l.TraceState = states[string(s.GetSpanId())][i]
				}
			}
		}
	}
	makeValid(request.ProtoReflect())
	return sorted(request)
}

// sorted puts resources into an order: the official one is a map's.
func sorted(request *coltracepb.ExportTraceServiceRequest) *coltracepb.ExportTraceServiceRequest {
	first := func(rs *tracepb.ResourceSpans) []byte { return rs.GetScopeSpans()[0].GetSpans()[0].GetSpanId() }
	slices.SortStableFunc(request.GetResourceSpans(), func(a, b *tracepb.ResourceSpans) int {
		return cmp.Or(bytes.Compare(first(a), first(b)))
	})
	return request
}

// makeValid replaces the wrong bytes in all texts of m, and one NaN by another: those of
// JSON have no payload.
func makeValid(m protoreflect.Message) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				makeValid(value.List().Get(i).Message())
			}
		case field.Message() != nil:
			makeValid(value.Message())
		case field.Kind() == protoreflect.StringKind:
			m.Set(field, protoreflect.ValueOfString(clean(value.String())))
		case field.Kind() == protoreflect.DoubleKind && math.IsNaN(value.Float()):
			m.Set(field, protoreflect.ValueOfFloat64(math.NaN()))
		}
		return true
	})
}

func unmarshal(tb testing.TB, body []byte) *coltracepb.ExportTraceServiceRequest {
	tb.Helper()
	var request coltracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		tb.Fatalf("%v: %q", err, body)
	}
	if rest := unknownFields(request.ProtoReflect()); len(rest) > 0 {
		tb.Fatalf("fields that OTLP doesn't have: %q", rest)
	}
	return &request
}

func unknownFields(m protoreflect.Message) []byte {
	unknown := slices.Clone([]byte(m.GetUnknown()))
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				unknown = append(unknown, unknownFields(value.List().Get(i).Message())...)
			}
		case field.Message() != nil:
			unknown = append(unknown, unknownFields(value.Message())...)
		}
		return true
	})
	return unknown
}
