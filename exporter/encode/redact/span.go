package redact

import (
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// span is a span as drivers see it. Each part is redacted when it is read first.
type span struct {
	sdktrace.ReadOnlySpan
	r       *Redactor
	clean   atomic.Uint32           // the parts in which nothing was found
	changed atomic.Pointer[changed] // the others, as far as they were read
}

// The parts of a span.
const (
	partName uint32 = 1 << iota
	partStatus
	partAttributes
	partEvents
	partLinks
)

// Unwrap returns the span as it ended, for those who decide by what it was. What it says must not
// leave the process.
func (s *span) Unwrap() sdktrace.ReadOnlySpan { return s.ReadOnlySpan }

// changed holds the redacted parts of a span. It isn't changed once the span has it.
type changed struct {
	parts       uint32
	name        string
	description string
	attributes  []attribute.KeyValue
	events      []sdktrace.Event
	links       []sdktrace.Link
}

// found returns the redacted part. Read says that the part was read before: without a result, it is
// as in the original then.
func (s *span) found(part uint32) (c *changed, read bool) {
	if s.clean.Load()&part != 0 {
		return nil, true
	}
	if c = s.changed.Load(); c != nil && c.parts&part != 0 {
		return c, true
	}
	return nil, false
}

// put keeps a redacted part for further readers.
func (s *span) put(part uint32, found changed) {
	for {
		old := s.changed.Load()
		next := new(changed)
		if old != nil {
			*next = *old
		}
		next.take(part, &found)
		if s.changed.CompareAndSwap(old, next) {
			return
		}
	}
}

// take copies one part.
func (c *changed) take(part uint32, from *changed) {
	c.parts |= part
	switch part {
	case partName:
		c.name = from.name
	case partStatus:
		c.description = from.description
	case partAttributes:
		c.attributes = from.attributes
	case partEvents:
		c.events = from.events
	case partLinks:
		c.links = from.links
	}
}

func (s *span) Name() string {
	in := s.ReadOnlySpan.Name()
	if c, read := s.found(partName); c != nil {
		return c.name
	} else if read {
		return in
	}
	out := s.r.unkeyed(in)
	if out == in {
		s.clean.Or(partName)
	} else {
		s.put(partName, changed{name: out})
	}
	return out
}

func (s *span) Status() sdktrace.Status {
	status := s.ReadOnlySpan.Status()
	if status.Description == "" {
		return status
	}
	if c, read := s.found(partStatus); c != nil {
		status.Description = c.description
		return status
	} else if read {
		return status
	}
	in := status.Description
	if status.Description = s.r.unkeyed(in); status.Description == in {
		s.clean.Or(partStatus)
	} else {
		s.put(partStatus, changed{description: status.Description})
	}
	return status
}

func (s *span) Attributes() []attribute.KeyValue {
	in := s.ReadOnlySpan.Attributes()
	if c, read := s.found(partAttributes); c != nil {
		return c.attributes
	} else if read {
		return in
	}
	out, differs := s.r.attributes(in)
	if !differs {
		s.clean.Or(partAttributes)
	} else {
		s.put(partAttributes, changed{attributes: out})
	}
	return out
}

func (s *span) Events() []sdktrace.Event {
	in := s.ReadOnlySpan.Events()
	if len(in) == 0 {
		return in
	}
	if c, read := s.found(partEvents); c != nil {
		return c.events
	} else if read {
		return in
	}
	var out []sdktrace.Event
	for i := range in {
		name := s.r.unkeyed(in[i].Name)
		attrs, differs := s.r.attributes(in[i].Attributes)
		if !differs && name == in[i].Name {
			continue
		}
		if out == nil {
			out = slices.Clone(in)
		}
		out[i].Name, out[i].Attributes = name, attrs
	}
	if out == nil {
		s.clean.Or(partEvents)
		return in
	}
	s.put(partEvents, changed{events: out})
	return out
}

func (s *span) Links() []sdktrace.Link {
	in := s.ReadOnlySpan.Links()
	if len(in) == 0 {
		return in
	}
	if c, read := s.found(partLinks); c != nil {
		return c.links
	} else if read {
		return in
	}
	var out []sdktrace.Link
	for i := range in {
		attrs, differs := s.r.attributes(in[i].Attributes)
		if !differs {
			continue
		}
		if out == nil {
			out = slices.Clone(in)
		}
		out[i].Attributes = attrs
	}
	if out == nil {
		s.clean.Or(partLinks)
		return in
	}
	s.put(partLinks, changed{links: out})
	return out
}

func (s *span) Resource() *resource.Resource { return s.r.resourceOf(s.ReadOnlySpan.Resource()) }

func (s *span) InstrumentationScope() instrumentation.Scope {
	return s.r.scopeOf(s.ReadOnlySpan.InstrumentationScope())
}

// InstrumentationLibrary is the old name of InstrumentationScope.
func (s *span) InstrumentationLibrary() instrumentation.Library { //nolint:staticcheck // the interface has it
	return s.InstrumentationScope()
}
