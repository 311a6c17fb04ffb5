package greptime

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// traceEncoder makes OTLP requests. The official exporter turns spans into messages.
type traceEncoder struct {
	official *otlptrace.Exporter
	split    bool
}

func newTraceEncoder(o *Options) *traceEncoder {
	return &traceEncoder{official: otlptrace.NewUnstarted(catcher{}), split: o.SplitServices}
}

func (t *traceEncoder) encode(spans []sdktrace.ReadOnlySpan) ([]byte, error) {
	var request coltracepb.ExportTraceServiceRequest
	ctx := context.WithValue(context.Background(), catchKey{}, &request)
	if err := t.official.ExportSpans(ctx, spans); err != nil {
		return nil, err
	}
	if t.split {
		request.ResourceSpans = splitServices(request.GetResourceSpans())
	}
	for _, rs := range request.GetResourceSpans() {
		nameService(rs)
	}
	body, err := proto.Marshal(&request)
	if err != nil { // text that is not UTF-8, which OTel's API lets through
		delivery.MakeValid(request.ProtoReflect())
		body, err = proto.Marshal(&request)
	}
	return body, err
}

// catcher stands where the official exporter has a client, and takes the messages away.
type catcher struct{}

type catchKey struct{}

var errNotCaught = errors.New("the export was not made by this package")

// UploadTraces puts the messages into the request that the context carries.
func (catcher) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	request, ok := ctx.Value(catchKey{}).(*coltracepb.ExportTraceServiceRequest)
	if !ok {
		return errNotCaught
	}
	request.ResourceSpans = spans
	return nil
}

// Start does nothing.
func (catcher) Start(context.Context) error { return nil }

// Stop does nothing.
func (catcher) Stop(context.Context) error { return nil }

const (
	serviceName    = "service.name"
	unknownService = "unknown_service"
)

// nameService makes sure that there is a service.name and that it is a text: GreptimeDB would
// take the first attribute of the resource for it otherwise.
func nameService(rs *tracepb.ResourceSpans) {
	if rs.Resource == nil {
		rs.Resource = &resourcepb.Resource{}
	}
	for _, kv := range rs.GetResource().GetAttributes() {
		if kv.GetKey() != serviceName {
			continue
		}
		if kv.GetValue().GetStringValue() == "" {
			kv.Value = textValue(unknownService)
		}
		return
	}
	rs.Resource.Attributes = append(rs.Resource.Attributes, &commonpb.KeyValue{Key: serviceName, Value: textValue(unknownService)})
}

func textValue(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}
