package greptime

import (
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// frameworkService is the attribute in which the framework's word for the service travels.
const frameworkService = "tracehook.service"

// splitServices moves the spans that were begun for a service under a resource of that
// service, in the order in which the services were first seen.
func splitServices(all []*tracepb.ResourceSpans) []*tracepb.ResourceSpans {
	var out []*tracepb.ResourceSpans
	for _, rs := range all {
		own := attributeText(rs.GetResource().GetAttributes(), serviceName)
		byService := map[string]*tracepb.ResourceSpans{}
		for _, ss := range rs.GetScopeSpans() {
			scopes := map[*tracepb.ResourceSpans]*tracepb.ScopeSpans{}
			for _, span := range ss.GetSpans() {
				service := attributeText(span.GetAttributes(), frameworkService)
				if service == "" {
					service = own
				}
				to, ok := byService[service]
				if !ok {
					to = &tracepb.ResourceSpans{Resource: renamed(rs.GetResource(), service), SchemaUrl: rs.GetSchemaUrl()}
					byService[service] = to
					out = append(out, to)
				}
				scope, ok := scopes[to]
				if !ok {
					scope = &tracepb.ScopeSpans{Scope: ss.GetScope(), SchemaUrl: ss.GetSchemaUrl()}
					scopes[to] = scope
					to.ScopeSpans = append(to.ScopeSpans, scope)
				}
				scope.Spans = append(scope.Spans, span)
			}
		}
	}
	return out
}

// renamed returns r with another service.name; the attributes themselves are shared.
func renamed(r *resourcepb.Resource, service string) *resourcepb.Resource {
	out := &resourcepb.Resource{DroppedAttributesCount: r.GetDroppedAttributesCount()}
	for _, kv := range r.GetAttributes() {
		if kv.GetKey() != serviceName {
			out.Attributes = append(out.Attributes, kv)
		}
	}
	if service != "" {
		out.Attributes = append(out.Attributes, &commonpb.KeyValue{Key: serviceName, Value: textValue(service)})
	}
	return out
}

func attributeText(attributes []*commonpb.KeyValue, key string) string {
	for _, kv := range attributes {
		if kv.GetKey() == key {
			return kv.GetValue().GetStringValue()
		}
	}
	return ""
}
