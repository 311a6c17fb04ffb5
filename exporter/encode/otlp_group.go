package encode

import (
	"bytes"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/internal/vocab"
)

const serviceName = attribute.Key("service.name")

// OTLPOptions are what a connection changes in its spans. The zero OTLPOptions change nothing.
type OTLPOptions struct {
	// Fields are added to each span as attributes, see [Writer.AddFields]; nil adds none.
	// The default fields of a connection without a mapping must not be passed.
	Fields *Fields
	// Service replaces the service.name of every resource; "" keeps it.
	Service string
	// DefaultService is the service.name of resources that have none, or one that isn't a
	// text; "" leaves them as they are.
	DefaultService string
	// SplitServices puts the spans that were begun for a service of the framework under a
	// resource whose service.name is that service.
	SplitServices bool
	// Redactor redacts spans while they are encoded; nil redacts nothing.
	Redactor *redact.Redactor
}

// grouper is what both encodings of OTLP share: it sorts spans by resource and scope.
type grouper struct {
	options   OTLPOptions
	encode    func(dst []byte, r *resource.Resource) []byte
	resources map[resourceKey]*groupResource
	scopes    cache[instrumentation.Scope]

	groups []group
	next   []int // of the span at the same place in the same group, -1 at the end

	fields     []Field
	view       View
	writer     Writer
	attributes []attribute.KeyValue // of a span with its fields
}

type resourceKey struct {
	resource *resource.Resource
	service  string // the one that the spans are to have; "" for that of the resource
}

// groupResource is a resource as the connection has it, encoded.
type groupResource struct {
	resource *resource.Resource
	encoded  []byte
}

// group is the spans of one resource and scope.
type group struct {
	key         resourceKey
	own         instrumentation.Scope // as the spans have it
	of          *groupResource        // from here on, redacted
	scope       instrumentation.Scope
	first, last int
	written     bool
}

func newGrouper(o OTLPOptions, encode func([]byte, *resource.Resource) []byte) grouper {
	g := grouper{options: o, encode: encode}
	g.view.redactor = o.Redactor
	if o.Fields != nil {
		g.fields = o.Fields.List()
	}
	return g
}

// group sorts spans into groups, in the order in which each group was first seen.
func (g *grouper) group(spans []sdktrace.ReadOnlySpan) {
	g.groups, g.next = g.groups[:0], g.next[:0]
	if g.resources == nil || len(g.resources) >= maxCached {
		g.resources = make(map[resourceKey]*groupResource)
	}
	for i, s := range spans {
		g.next = append(g.next, -1)
		if s == nil {
			continue
		}
		key, scope := resourceKey{s.Resource(), g.service(s)}, s.InstrumentationScope()
		// The last groups first: spans that end together mostly come from the same place.
		at := len(g.groups) - 1
		for at >= 0 && (g.groups[at].key != key || g.groups[at].own != scope) {
			at--
		}
		if at < 0 {
			at = g.add(key, scope, i)
		}
		if to := &g.groups[at]; to.last != i {
			g.next[to.last], to.last = i, i
		}
	}
}

// add returns the group of a resource and a scope: one whose resource is another pointer to
// the same attributes, or a new one that begins with the span at i.
func (g *grouper) add(key resourceKey, scope instrumentation.Scope, i int) int {
	of, own := g.resource(key), scope
	scope = g.options.Redactor.Scope(scope)
	for at := range g.groups {
		if g.groups[at].of == of && g.groups[at].scope == scope {
			return at
		}
	}
	g.groups = append(g.groups, group{key: key, own: own, of: of, scope: scope, first: i, last: i})
	return len(g.groups) - 1
}

// service returns the service that s is to be sent under, "" for that of its resource.
func (g *grouper) service(s sdktrace.ReadOnlySpan) string {
	if g.options.SplitServices {
		attrs := s.Attributes()
		for i := range attrs {
			if kv := &attrs[i]; kv.Key != vocab.Service || !vocab.Own(kv.Key) {
				continue
			}
			for _, kv := range g.options.Redactor.Attributes(attrs[i : i+1 : i+1]) {
				if kv.Value.Type() == attribute.STRING && kv.Value.AsString() != "" {
					return kv.Value.AsString()
				}
			}
		}
	}
	return g.options.Service
}

// resource returns the same pointer for resources that are encoded alike.
func (g *grouper) resource(key resourceKey) *groupResource {
	if known, ok := g.resources[key]; ok {
		return known
	}
	r := g.named(key)
	made := &groupResource{resource: r, encoded: g.encode([]byte{}, r)}
	for _, known := range g.resources {
		if bytes.Equal(known.encoded, made.encoded) && known.resource.SchemaURL() == r.SchemaURL() {
			made = known
			break
		}
	}
	g.resources[key] = made
	return made
}

// named returns the resource, redacted, with the service.name that it is to have.
func (g *grouper) named(key resourceKey) *resource.Resource {
	key.resource = g.options.Redactor.Resource(key.resource)
	own := ""
	if v, ok := key.resource.Set().Value(serviceName); ok && v.Type() == attribute.STRING {
		own = v.AsString()
	}
	service := key.service
	if service == "" && own == "" {
		service = g.options.DefaultService
	}
	if service == "" || service == own {
		return key.resource
	}
	attributes := append(key.resource.Attributes(), serviceName.String(service)) // a copy; the last of equal keys wins
	return resource.NewWithAttributes(key.resource.SchemaURL(), attributes...)
}

// read makes the view one of s, under the resource that it is sent with.
func (g *grouper) read(s sdktrace.ReadOnlySpan, of *groupResource) { g.view.readUnder(s, of.resource) }

// withFields returns the attributes of the view's span and the fields. They are valid until
// the next call.
func (g *grouper) withFields() []attribute.KeyValue {
	g.attributes = g.writer.AddFields(append(g.attributes[:0], g.view.Attributes...), &g.view, g.fields)
	return g.attributes
}

// forget drops the spans, so that they can be collected.
func (g *grouper) forget() {
	g.view.Forget()
	clear(g.groups)
	clear(g.attributes[:cap(g.attributes)])
	if cap(g.writer.scratch) > maxKept {
		g.writer.scratch = nil
	}
}
