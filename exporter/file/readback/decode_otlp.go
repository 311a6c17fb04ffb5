package readback

import (
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/vocab"
)

// otlpSpans yields the spans of OTLP resource spans, in their order.
func otlpSpans(groups []any, yield func(Span) bool) bool {
	for _, group := range groups {
		resource := otlpAttributes(asTable(asTable(group)["resource"])["attributes"])
		for _, scope := range asList(asTable(group)["scopeSpans"]) {
			for _, span := range asList(asTable(scope)["spans"]) {
				if !yield(otlpSpan(asTable(span), resource)) {
					return false
				}
			}
		}
	}
	return true
}

// Bits of the flags that say whether the parent is in another process.
const (
	flagHasRemote = 0x100
	flagRemote    = 0x200
)

func otlpSpan(table, resource map[string]any) Span {
	s := Span{Resource: resource, Status: "ok", Name: asString(table["name"])}
	s.set("trace_id", table["traceId"])
	s.set("span_id", table["spanId"])
	s.set("parent_span_id", table["parentSpanId"])
	s.Events, s.Links = asList(table["events"]), asList(table["links"])
	flags, _ := whole(table["flags"])
	s.Remote = flags&flagHasRemote != 0 && flags&flagRemote != 0
	if n, ok := whole(table["startTimeUnixNano"]); ok {
		s.Start = nano(n)
	}
	if n, ok := whole(table["endTimeUnixNano"]); ok {
		s.End = nano(n)
	}
	kind, _ := whole(table["kind"])
	s.Kind = trace.SpanKind(kind).String()
	if kind <= 0 || kind > 5 {
		s.Kind = trace.SpanKindInternal.String()
	}
	s.Service = asString(resource["service.name"])
	status := asTable(table["status"])
	if code, _ := whole(status["code"]); code == 2 {
		s.Status = "error"
		s.Message = asString(status["message"])
	}
	s.Attributes = otlpAttributes(table["attributes"])
	s.reserved()
	for _, key := range []string{"traceState", "flags", "droppedAttributesCount", "droppedEventsCount", "droppedLinksCount"} {
		if value, ok := table[key]; ok {
			put(&s.Other, key, value)
		}
	}
	return s
}

// reserved moves what a framework says about its span from the attributes to the fields.
func (s *Span) reserved() {
	for key, value := range s.Attributes {
		word, ok := strings.CutPrefix(key, vocab.Prefix)
		text, isText := value.(string)
		if !ok {
			continue
		}
		switch word {
		case "kind", "service":
			if isText {
				*s.text(map[string]string{"kind": "kind", "service": "service_name"}[word]) = text
			}
		case "status":
			if isText && (text != "ok" || s.Status != "error") {
				s.Status = text
			}
		case "result":
			if isText && s.Message == "" {
				s.Message = text
			}
			put(&s.Other, word, value)
		case "target", "entry", "step", "code":
			put(&s.Other, word, value)
		default:
			continue
		}
		delete(s.Attributes, key)
	}
	if s.Status == "ok" {
		s.Message = ""
	}
}

func otlpAttributes(list any) map[string]any {
	var table map[string]any
	for _, element := range asList(list) {
		kv := asTable(element)
		put(&table, asString(kv["key"]), otlpValue(asTable(kv["value"])))
	}
	return table
}

// otlpValue turns an OTLP value into a plain one. Its nesting is bounded by that of the
// JSON that it came from.
func otlpValue(value map[string]any) any {
	for kind, v := range value {
		switch kind {
		case "intValue":
			if n, ok := whole(v); ok {
				return n
			}
		case "arrayValue":
			values := asList(asTable(v)["values"])
			list := make([]any, 0, len(values))
			for _, element := range values {
				list = append(list, otlpValue(asTable(element)))
			}
			return list
		case "kvlistValue":
			return otlpAttributes(asTable(v)["values"])
		}
		return v
	}
	return nil
}
