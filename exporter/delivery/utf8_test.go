package delivery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tracehook/tracehook/exporter/delivery"
)

func resourceOf(texts ...string) *resourcepb.Resource {
	list := &commonpb.ArrayValue{}
	for _, text := range texts {
		list.Values = append(list.Values, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: text}})
	}
	return &resourcepb.Resource{
		Attributes: []*commonpb.KeyValue{{Key: texts[0], Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}}},
		EntityRefs: []*commonpb.EntityRef{{IdKeys: texts}},
	}
}

func TestMakeValid(t *testing.T) {
	t.Parallel()
	m := resourceOf("a\xffb", "fine, ü", "\xc3")
	if _, err := proto.Marshal(m); err == nil {
		t.Fatal("protobuf takes wrong texts now: nothing has to be made valid")
	}
	delivery.MakeValid(m.ProtoReflect())
	if diff := cmp.Diff(resourceOf("a\uFFFDb", "fine, ü", "\uFFFD"), m, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}
