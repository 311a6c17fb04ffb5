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

// resourceOf returns who the spans come from: the SDK's own default, then [otel], then the
// framework's identity under its names. A service without a name is called like the project or,
// without one, the program.
func resourceOf(cfg config.Config) *resource.Resource {
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
	if cfg.OTel.Service == "" && cfg.OTel.Resource["service.name"] == "" && strings.HasPrefix(serviceName(resource.Default()), "unknown_service") {
		attrs = append(attrs, semconv.ServiceName(cmp.Or(cfg.Identity.Project, filepath.Base(os.Args[0]))))
	}
	// The two never conflict: ours has no schema.
	merged, err := resource.Merge(resource.Default(), resource.NewSchemaless(attrs...))
	if err != nil {
		return resource.NewSchemaless(attrs...)
	}
	return merged
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
