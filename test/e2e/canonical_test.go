package e2e_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// canonical is all of a span in a form that both sides can be brought to.
type canonical struct {
	TraceID, SpanID, ParentID                      string
	State                                          string
	Flags                                          uint32
	Name, Kind                                     string
	Start, End                                     time.Time
	Attributes                                     map[string]any
	DroppedAttributes, DroppedEvents, DroppedLinks int
	Events                                         []event
	Links                                          []link
	Status, Message                                string
	Resource                                       map[string]any
	ResourceSchema                                 string
	Scope, Version, ScopeSchema                    string
	ScopeAttributes                                map[string]any
}

type event struct {
	Name       string
	At         time.Time
	Attributes map[string]any
	Dropped    int
}

type link struct {
	TraceID, SpanID, State string
	Attributes             map[string]any
	Dropped                int
}

const (
	hasIsRemote = 0x100 // of OTLP's flags: what follows is known
	isRemote    = 0x200
)

// ofSDK is what should arrive of an ended span.
func ofSDK(s sdktrace.ReadOnlySpan) canonical {
	sc, scope := s.SpanContext(), s.InstrumentationScope()
	c := canonical{
		TraceID: sc.TraceID().String(), SpanID: sc.SpanID().String(), State: sc.TraceState().String(),
		Flags: uint32(sc.TraceFlags()) | hasIsRemote,
		Name:  s.Name(), Kind: strings.ToLower(s.SpanKind().String()),
		Start: s.StartTime().UTC(), End: s.EndTime().UTC(), Attributes: values(s.Attributes()),
		DroppedAttributes: s.DroppedAttributes(), DroppedEvents: s.DroppedEvents(), DroppedLinks: s.DroppedLinks(),
		Message: s.Status().Description, Status: map[codes.Code]string{codes.Unset: "Unset", codes.Ok: "Ok", codes.Error: "Error"}[s.Status().Code],
		Resource: values(s.Resource().Attributes()), ResourceSchema: s.Resource().SchemaURL(),
		Scope: scope.Name, Version: scope.Version, ScopeSchema: scope.SchemaURL, ScopeAttributes: values(scope.Attributes.ToSlice()),
	}
	if parent := s.Parent(); parent.SpanID().IsValid() {
		c.ParentID = parent.SpanID().String()
		if parent.IsRemote() {
			c.Flags |= isRemote
		}
	}
	for _, e := range s.Events() {
		c.Events = append(c.Events, event{e.Name, e.Time.UTC(), values(e.Attributes), e.DroppedAttributeCount})
	}
	for _, l := range s.Links() {
		c.Links = append(c.Links, link{l.SpanContext.TraceID().String(), l.SpanContext.SpanID().String(), l.SpanContext.TraceState().String(), values(l.Attributes), l.DroppedAttributeCount})
	}
	return c
}

func ofCollector(r received) canonical {
	s := r.span
	c := canonical{
		TraceID: s.TraceID().String(), SpanID: s.SpanID().String(), ParentID: s.ParentSpanID().String(), State: s.TraceState().AsRaw(),
		Flags: s.Flags(), Name: s.Name(), Kind: strings.ToLower(s.Kind().String()),
		Start: s.StartTimestamp().AsTime(), End: s.EndTimestamp().AsTime(), Attributes: plain(s.Attributes()),
		DroppedAttributes: int(s.DroppedAttributesCount()), DroppedEvents: int(s.DroppedEventsCount()), DroppedLinks: int(s.DroppedLinksCount()),
		Message: s.Status().Message(), Status: s.Status().Code().String(),
		Resource: plain(r.resource), ResourceSchema: r.schema,
		Scope: r.scope.Name(), Version: r.scope.Version(), ScopeSchema: r.scopeURL, ScopeAttributes: plain(r.scope.Attributes()),
	}
	for _, e := range s.Events().All() {
		c.Events = append(c.Events, event{e.Name(), e.Timestamp().AsTime(), plain(e.Attributes()), int(e.DroppedAttributesCount())})
	}
	for _, l := range s.Links().All() {
		c.Links = append(c.Links, link{l.TraceID().String(), l.SpanID().String(), l.TraceState().AsRaw(), plain(l.Attributes()), int(l.DroppedAttributesCount())})
	}
	return c
}

// values writes each value with its type, so that 1 and "1" differ.
func values(attributes []attribute.KeyValue) map[string]any {
	m := map[string]any{}
	for _, kv := range attributes {
		m[string(kv.Key)] = value(kv.Value)
	}
	return m
}

func value(v attribute.Value) any {
	list := []any{}
	switch v.Type() {
	case attribute.BOOLSLICE:
		for _, e := range v.AsBoolSlice() {
			list = append(list, e)
		}
	case attribute.INT64SLICE:
		for _, e := range v.AsInt64Slice() {
			list = append(list, e)
		}
	case attribute.FLOAT64SLICE:
		for _, e := range v.AsFloat64Slice() {
			list = append(list, e)
		}
	case attribute.STRINGSLICE:
		for _, e := range v.AsStringSlice() {
			list = append(list, e)
		}
	case attribute.SLICE:
		for _, e := range v.AsSlice() {
			list = append(list, value(e))
		}
	case attribute.MAP:
		return values(v.AsMap())
	case attribute.BYTESLICE:
		return "bytes " + hex.EncodeToString(v.AsByteSlice())
	default:
		return v.AsInterface()
	}
	return list
}

func plain(m pcommon.Map) map[string]any {
	out := map[string]any{}
	for k, v := range m.All() {
		out[k] = plainValue(v)
	}
	return out
}

func plainValue(v pcommon.Value) any {
	switch v.Type() {
	case pcommon.ValueTypeBytes:
		return fmt.Sprintf("bytes %x", v.Bytes().AsRaw())
	case pcommon.ValueTypeSlice:
		list := []any{}
		for _, e := range v.Slice().All() {
			list = append(list, plainValue(e))
		}
		return list
	case pcommon.ValueTypeMap:
		return plain(v.Map())
	default:
		return v.AsRaw()
	}
}
