package bridge

import (
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/tracehook/tracehook/config"
)

// resourceOf returns who the spans come from: the SDK's own default, then [otel], then the
// framework's identity under its names.
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

// w3cPropagator knows the propagators of package propagation.
func w3cPropagator(name string) (propagation.TextMapPropagator, error) {
	switch name {
	case "tracecontext":
		return propagation.TraceContext{}, nil
	case "baggage":
		return propagation.Baggage{}, nil
	case "none":
		return propagation.NewCompositeTextMapPropagator(), nil
	}
	return nil, fmt.Errorf("unknown propagator %q (known are tracecontext, baggage, none)", name)
}

// propagator returns the propagators that the configuration names: tracecontext and baggage
// unless it says otherwise. One that lookup doesn't know is a problem in a file, which is for
// this program, and a warning in the environment, which is for all of them, as OpenTelemetry's
// specification says.
func (c *checker) propagator(lookup func(string) (propagation.TextMapPropagator, error), warnings *config.Problems) propagation.TextMapPropagator {
	names := c.cfg.OTel.Propagators
	if len(names) == 0 {
		names = []string{"tracecontext", "baggage"}
	}
	var known []propagation.TextMapPropagator
	for i, name := range names {
		p, err := lookup(name)
		if err == nil {
			known = append(known, p)
			continue
		}
		problem := c.cfg.NewProblem(fmt.Sprintf("otel.propagators[%d]", i), err.Error())
		if problem.File == "OTEL_PROPAGATORS" {
			*warnings = append(*warnings, problem)
		} else {
			c.problems = append(c.problems, problem)
		}
	}
	return propagation.NewCompositeTextMapPropagator(known...)
}
