package otlp

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// serviceName is the resource attribute; serviceAttribute is what the framework's own word
// for it travels in.
const (
	serviceName      = attribute.Key("service.name")
	serviceAttribute = attribute.Key("tracehook.service")
)

// rewriter makes the spans of a connection out of those of the process: other resources, more
// attributes. Spans are shared between connections, so it wraps and never changes them.
type rewriter struct {
	fields    *attributeFields
	service   string
	resources resources
	split     bool
}

func newRewriter(o Options) *rewriter {
	return &rewriter{service: o.Service, split: o.SplitServices, fields: newAttributeFields(o.Fields)}
}

func (w *rewriter) active() bool { return w.service != "" || w.split || w.fields != nil }

// rewritten is a span with another resource or more attributes.
type rewritten struct {
	sdktrace.ReadOnlySpan

	resource   *resource.Resource
	attributes []attribute.KeyValue
}

// Resource returns the connection's view of the span's resource.
func (r *rewritten) Resource() *resource.Resource { return r.resource }

// Attributes returns the span's attributes and the connection's.
func (r *rewritten) Attributes() []attribute.KeyValue { return r.attributes }

// spans returns in itself if there is nothing to change.
func (w *rewriter) spans(in []sdktrace.ReadOnlySpan) []sdktrace.ReadOnlySpan {
	if !w.active() {
		return in
	}
	all := make([]rewritten, len(in))
	out := make([]sdktrace.ReadOnlySpan, len(in))
	for i, s := range in {
		r := &all[i]
		*r = rewritten{ReadOnlySpan: s, resource: w.resourceOf(s), attributes: s.Attributes()}
		out[i] = r
	}
	w.fields.add(all)
	return out
}

func (w *rewriter) resourceOf(s sdktrace.ReadOnlySpan) *resource.Resource {
	service := w.service
	if w.split {
		for _, kv := range s.Attributes() {
			if kv.Key == serviceAttribute && kv.Value.AsString() != "" {
				service = kv.Value.AsString()
			}
		}
	}
	if service == "" {
		return s.Resource()
	}
	return w.resources.of(s.Resource(), service)
}

// maxResources bounds how many resources are kept. A process has as many as it has services;
// beyond the bound they are made anew.
const maxResources = 256

type resourceKey struct {
	of      *resource.Resource
	service string
}

type resources struct {
	mu    sync.Mutex
	known map[resourceKey]*resource.Resource
}

// of returns r with another service.name. Equal questions get the same pointer, which keeps
// the encoder's grouping cheap.
func (c *resources) of(r *resource.Resource, service string) *resource.Resource {
	if v, ok := r.Set().Value(serviceName); ok && v.AsString() == service {
		return r
	}
	key := resourceKey{r, service}
	c.mu.Lock()
	defer c.mu.Unlock()
	if made, ok := c.known[key]; ok {
		return made
	}
	attrs := append(r.Attributes(), serviceName.String(service)) // Attributes is a copy; the last of equal keys wins
	made := resource.NewWithAttributes(r.SchemaURL(), attrs...)
	if c.known == nil || len(c.known) >= maxResources {
		c.known = make(map[resourceKey]*resource.Resource)
	}
	c.known[key] = made
	return made
}
