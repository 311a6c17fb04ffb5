package bridge

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/tracehook/tracehook/config"
)

// resourceOf returns who the spans come from: the SDK's own default, then what the program says, what
// was detected, what [otel] says, and the framework's identity under its names. A service without a
// name is called like the project or, without one, the program.
func resourceOf(cfg config.Config, code, detected *resource.Resource) *resource.Resource {
	var attrs []attribute.KeyValue
	for key, value := range cfg.OTel.Resource {
		attrs = append(attrs, attribute.String(key, value))
	}
	if cfg.OTel.Service != "" {
		attrs = append(attrs, semconv.ServiceName(cfg.OTel.Service))
	}
	for _, a := range []struct{ key, value string }{
		{"infra.project", cfg.Identity.Project},
		{"infra.profile", cfg.Identity.Profile},
		{"infra.role", cfg.Identity.Role},
		{"infra.node", cfg.Identity.Node},
	} {
		if a.value != "" {
			attrs = append(attrs, attribute.String(a.key, a.value))
		}
	}
	all := merged(merged(merged(resource.Default(), code), detected), resource.NewSchemaless(attrs...))
	if cfg.OTel.Service == "" && cfg.OTel.Resource["service.name"] == "" && strings.HasPrefix(serviceName(all), "unknown_service") {
		all = merged(all, resource.NewSchemaless(semconv.ServiceName(cmp.Or(cfg.Identity.Project, filepath.Base(os.Args[0])))))
	}
	return all
}

// merged returns both, b winning. Of different schemas none is left: that is no reason to lose
// attributes.
func merged(a, b *resource.Resource) *resource.Resource {
	both, err := resource.Merge(a, b)
	if err != nil {
		both, err = resource.Merge(resource.NewSchemaless(a.Attributes()...), resource.NewSchemaless(b.Attributes()...))
	}
	if err != nil { // can't be: neither has a schema
		return a
	}
	return both
}

// serviceName returns the service.name of the resource: what rules call the service of a
// span that no framework began.
func serviceName(r *resource.Resource) string {
	v, _ := r.Set().Value(semconv.ServiceNameKey)
	return v.AsString()
}

// limitsOf returns the SDK's limits where the configuration is silent.
func limitsOf(c config.OTel) sdktrace.SpanLimits {
	limits := sdktrace.SpanLimits{
		AttributeValueLengthLimit:   sdktrace.DefaultAttributeValueLengthLimit,
		AttributeCountLimit:         sdktrace.DefaultAttributeCountLimit,
		EventCountLimit:             sdktrace.DefaultEventCountLimit,
		LinkCountLimit:              sdktrace.DefaultLinkCountLimit,
		AttributePerEventCountLimit: sdktrace.DefaultAttributePerEventCountLimit,
		AttributePerLinkCountLimit:  sdktrace.DefaultAttributePerLinkCountLimit,
	}
	for _, l := range []struct {
		limit *int
		value int
	}{
		{&limits.AttributeValueLengthLimit, c.AttributeValueLengthLimit},
		{&limits.AttributeCountLimit, c.AttributeCountLimit},
		{&limits.EventCountLimit, c.EventCountLimit},
		{&limits.LinkCountLimit, c.LinkCountLimit},
		{&limits.AttributePerEventCountLimit, c.AttributePerEventCountLimit},
		{&limits.AttributePerLinkCountLimit, c.AttributePerLinkCountLimit},
	} {
		if l.value != 0 {
			*l.limit = l.value
		}
	}
	return limits
}
