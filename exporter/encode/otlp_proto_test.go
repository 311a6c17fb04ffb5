package encode_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/internal/vocab"
)

// FuzzOTLPRequests compares requests, in protobuf and in JSON, with those of OTel's own
// exporters. Encoders are reused, so
// that what one batch leaves behind would be seen in the next.
func FuzzOTLPRequests(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		data := make([]byte, n*20)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(data)
	}
	f.Add(bytes.Repeat([]byte{1}, 2000))
	f.Add(bytes.Repeat([]byte{10}, 2000))
	protobuf, text := encode.NewOTLPProto(encode.OTLPOptions{}), encode.NewOTLPJSON(encode.OTLPOptions{})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &chooser{data}
		for range 2 {
			spans := c.spans()
			want := wanted(t, spans)
			lengthen(want)
			for name, got := range map[string]*coltracepb.ExportTraceServiceRequest{
				"protobuf": unmarshal(t, protobuf.Append([]byte("x"), spans)[1:]),
				"JSON":     {ResourceSpans: decodeOTLP(t, text.Append([]byte("x"), spans)[1:]).GetResourceSpans()},
			} {
				makeValid(got.ProtoReflect()) // NaN only: what isn't UTF-8 can't be unmarshaled
				if !proto.Equal(want, sorted(got)) {
					t.Fatalf("%s (-official +ours):\n%s", name, cmp.Diff(want, got, protocmp.Transform()))
				}
			}
		}
	})
}

func TestOTLPProtoWithoutSpans(t *testing.T) {
	t.Parallel()
	e := encode.NewOTLPProto(encode.OTLPOptions{})
	if got := e.Append(nil, []sdktrace.ReadOnlySpan{nil}); len(got) != 0 {
		t.Errorf("no spans are %q", got)
	}
}

// Many readers of protobuf follow messages to a depth of 100 and refuse what is deeper.
func TestOTLPProtoIsNeverTooDeep(t *testing.T) {
	t.Parallel()
	v := attribute.StringValue("bottom")
	for range 60 {
		v = attribute.MapValue(attribute.KeyValue{Key: "k", Value: v})
	}
	stub := tracetest.SpanStub{Events: []sdktrace.Event{{Name: "e", Attributes: []attribute.KeyValue{{Key: "m", Value: v}}}}}
	body := encode.NewOTLPProto(encode.OTLPOptions{}).Append(nil, []sdktrace.ReadOnlySpan{stub.Snapshot()})
	request := unmarshal(t, body)
	options := proto.UnmarshalOptions{RecursionLimit: 100}
	if err := options.Unmarshal(body, request); err != nil {
		t.Error(err)
	}
}

// Resources beyond what is remembered are still grouped.
func TestOTLPProtoManyResources(t *testing.T) {
	t.Parallel()
	e := encode.NewOTLPProto(encode.OTLPOptions{})
	for range 3 {
		var spans []sdktrace.ReadOnlySpan
		for i := range 200 {
			res := resource.NewSchemaless(attribute.Int("n", i%100))
			spans = append(spans, tracetest.SpanStub{Resource: res}.Snapshot())
		}
		if got := len(unmarshal(t, e.Append(nil, spans)).GetResourceSpans()); got != 100 {
			t.Errorf("%d resources, want 100", got)
		}
	}
}

func TestOTLPProtoServices(t *testing.T) {
	t.Parallel()
	span := func(id byte, own, service string) sdktrace.ReadOnlySpan {
		s := tracetest.SpanStub{
			SpanContext: trace.NewSpanContext(trace.SpanContextConfig{SpanID: trace.SpanID{id}}),
			Resource:    resource.NewSchemaless(attribute.String("service.name", own)),
		}
		if service != "" {
			s.Attributes = append(s.Attributes, vocab.Service.String(service))
		}
		return s.Snapshot()
	}
	spans := []sdktrace.ReadOnlySpan{span(1, "a", ""), span(2, "a", "b"), span(3, "", ""), span(4, "a", "a"), span(5, "b", "")}
	for name, test := range map[string]struct {
		options encode.OTLPOptions
		want    string
	}{
		"as they are": {encode.OTLPOptions{}, "a[1 2 4] [3] b[5] "},
		"one":         {encode.OTLPOptions{Service: "x"}, "x[1 2 3 4 5] "},
		"default":     {encode.OTLPOptions{DefaultService: "unknown"}, "a[1 2 4] unknown[3] b[5] "},
		"split":       {encode.OTLPOptions{SplitServices: true}, "a[1 4] b[2 5] [3] "},
		"split one":   {encode.OTLPOptions{SplitServices: true, Service: "x"}, "x[1 3 5] b[2] a[4] "},
	} {
		var got strings.Builder
		for _, rs := range unmarshal(t, encode.NewOTLPProto(test.options).Append(nil, spans)).GetResourceSpans() {
			for _, kv := range rs.GetResource().GetAttributes() {
				if kv.GetKey() == "service.name" {
					got.WriteString(kv.GetValue().GetStringValue())
				}
			}
			var ids []byte
			for _, ss := range rs.GetScopeSpans() {
				for _, s := range ss.GetSpans() {
					ids = append(ids, s.GetSpanId()[0])
				}
			}
			fmt.Fprintf(&got, "%d ", ids)
		}
		if got.String() != test.want {
			t.Errorf("%s: %s, want %s", name, got.String(), test.want)
		}
	}
}

// BenchmarkOTLPRatio runs the encoder and OTel's transform with its marshaling in turns and
// reports how many times theirs costs what ours costs.
func BenchmarkOTLPRatio(b *testing.B) {
	for _, attributes := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("attributes=%d", attributes), func(b *testing.B) {
			spans := ended(b, 256, attributes)
			encoder := encode.NewOTLPProto(encode.OTLPOptions{})
			buf := encoder.Append(nil, spans)
			var ours, theirs []time.Duration
			for b.Loop() {
				ours = append(ours, took(func() { buf = encoder.Append(buf[:0], spans) }))
				theirs = append(theirs, took(func() {
					if _, err := proto.Marshal(official(b, spans)); err != nil {
						b.Fatal(err)
					}
				}))
			}
			b.ReportMetric(float64(median(theirs))/float64(median(ours)), "x_official")
			b.ReportMetric(float64(median(ours))/256, "ns/span")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// lengthen is the one thing that is meant to differ: a span without length gets a nanosecond.
func lengthen(request *coltracepb.ExportTraceServiceRequest) {
	for _, rs := range request.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				if n := s.GetEndTimeUnixNano(); n == s.GetStartTimeUnixNano() && n > 0 && n < math.MaxInt64 {
					s.EndTimeUnixNano++
				}
			}
		}
	}
}
