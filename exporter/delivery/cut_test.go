package delivery_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// randomRequest has resources, scopes and spans of random numbers and sizes.
func randomRequest(r *rand.Rand) *coltracepb.ExportTraceServiceRequest {
	text := func(most int) string { return strings.Repeat("x", r.IntN(most+1)) }
	request := &coltracepb.ExportTraceServiceRequest{}
	for range 1 + r.IntN(3) {
		rs := &tracepb.ResourceSpans{SchemaUrl: text(9), Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{
			{Key: "service.name", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: text(99)}}},
		}}}
		for range r.IntN(4) {
			ss := &tracepb.ScopeSpans{SchemaUrl: text(9), Scope: &commonpb.InstrumentationScope{Name: text(20)}}
			for range r.IntN(20) {
				ss.Spans = append(ss.Spans, &tracepb.Span{SpanId: []byte{byte(r.IntN(256)), 2}, Name: "n" + text(r.IntN(300))})
			}
			rs.ScopeSpans = append(rs.ScopeSpans, ss)
		}
		request.ResourceSpans = append(request.ResourceSpans, rs)
	}
	return request
}

// flat lists each span with its resource and scope, in order.
func flat(request *coltracepb.ExportTraceServiceRequest) []*coltracepb.ExportTraceServiceRequest {
	var all []*coltracepb.ExportTraceServiceRequest
	for _, rs := range request.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				all = append(all, &coltracepb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
					Resource: rs.GetResource(), SchemaUrl: rs.GetSchemaUrl(), ScopeSpans: []*tracepb.ScopeSpans{{
						Scope: ss.GetScope(), SchemaUrl: ss.GetSchemaUrl(), Spans: []*tracepb.Span{s},
					}},
				}}})
			}
		}
	}
	return all
}

// Whatever the limit, the parts have the same spans under the same resources and scopes in the same
// order, and no part with several spans is over it.
func TestCutKeepsEverySpan(t *testing.T) {
	t.Parallel()
	for _, json := range []bool{false, true} {
		for seed := range uint64(200) {
			r := rand.New(rand.NewPCG(seed, 1))
			request := randomRequest(r)
			var body []byte
			var err error
			if json {
				body, err = protojson.Marshal(request)
			} else {
				body, err = proto.Marshal(request)
			}
			if err != nil {
				t.Fatal(err)
			}
			limit := 1 + r.IntN(2000)
			var got []*coltracepb.ExportTraceServiceRequest
			for _, part := range delivery.OTLPCutter().Cut(body, limit) {
				var one coltracepb.ExportTraceServiceRequest
				if json {
					err = protojson.Unmarshal(part.Body, &one)
				} else {
					err = proto.Unmarshal(part.Body, &one)
				}
				if err != nil {
					t.Fatalf("json %t, seed %d: %v", json, seed, err)
				}
				spans := flat(&one)
				if len(spans) != part.Spans || part.Spans > 1 && len(part.Body) > limit {
					t.Fatalf("json %t, seed %d: a part of %d bytes, limit %d, has %d spans and says %d", json, seed, len(part.Body), limit, len(spans), part.Spans)
				}
				got = append(got, spans...)
			}
			if diff := cmp.Diff(flat(request), got, protocmp.Transform()); diff != "" {
				t.Fatalf("json %t, seed %d (-want +got):\n%s", json, seed, diff)
			}
		}
	}
}

func TestCutOfWhatIsNoRequest(t *testing.T) {
	t.Parallel()
	{
		c := delivery.OTLPCutter()
		for _, body := range []string{"", "\xff\xff\xff", `{"resourceSpans":3}`, "[]", "\x0a\x05"} {
			if parts := c.Cut([]byte(body), 1); len(parts) > 0 || c.Name([]byte(body)) != "" {
				t.Errorf("%q makes %d parts and has the name %q", body, len(parts), c.Name([]byte(body)))
			}
		}
	}
}
