package readback

import (
	"encoding/binary"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// span reads the fields of a JSON line or a YAML document, whatever they were renamed to.
func (r *reader) span(table map[string]any, kind string) Span {
	var s Span
	var t times
	for key, value := range table {
		source := key
		if original, ok := r.sources[key]; ok {
			source = original
		}
		switch {
		case s.set(r.canonical(source), value), t.set(r.canonical(source), value):
		case strings.HasPrefix(source, "attributes."):
			put(&s.Attributes, source[len("attributes."):], value)
		case strings.HasPrefix(source, "resource."):
			put(&s.Resource, source[len("resource."):], value)
		case kind == kindYAML && source != "process" && len(r.sources) == 0:
			put(&s.Attributes, key, value) // this encoding has them inline
		default:
			put(&s.Other, key, value)
		}
	}
	t.apply(&s)
	return s
}

func (r *reader) canonical(source string) string {
	if name, ok := r.names[source]; ok {
		return name
	}
	return source
}

func put(table *map[string]any, key string, value any) {
	if *table == nil {
		*table = make(map[string]any)
	}
	(*table)[key] = value
}

// set takes over what isn't a time, and says whether it knew the source. A value of
// another type than the encoders write is not known.
func (s *Span) set(source string, value any) bool {
	switch source {
	case "trace_id":
		if n, ok := value.(int64); ok && n > 0 { // the SpirentOrion recorder's
			binary.BigEndian.PutUint64(s.TraceID[8:], uint64(n))
			return true
		}
		id, err := trace.TraceIDFromHex(asString(value))
		s.TraceID = id
		return err == nil
	case "span_id":
		id, ok := spanID(value)
		s.ID = id
		return ok && id.IsValid()
	case "parent_span_id":
		id, ok := spanID(value)
		s.Parent = id
		return ok
	case "attributes":
		s.Attributes = asTable(value)
		return s.Attributes != nil
	case "resource":
		s.Resource = asTable(value)
		return s.Resource != nil
	case "events":
		s.Events = asList(value)
		return s.Events != nil
	case "links":
		s.Links = asList(value)
		return s.Links != nil
	}
	into := s.text(source)
	if into == nil {
		return false
	}
	text, ok := value.(string)
	if ok {
		*into = text
	}
	return ok
}

// spanID reads an id in hexadecimal or as a number; "", 0 and null are none.
func spanID(value any) (id trace.SpanID, ok bool) {
	switch value := value.(type) {
	case nil:
		return id, true
	case int64:
		if ok = value >= 0; ok {
			binary.BigEndian.PutUint64(id[:], uint64(value))
		}
		return id, ok
	case string:
		if value == "" {
			return id, true
		}
		id, err := trace.SpanIDFromHex(value)
		return id, err == nil
	}
	return id, false
}

func (s *Span) text(source string) *string {
	switch source {
	case "name":
		return &s.Name
	case "kind":
		return &s.Kind
	case "service_name":
		return &s.Service
	case "status":
		return &s.Status
	case "status_message":
		return &s.Message
	}
	return nil
}

// times collects what a record says about time, in the order of precision.
type times struct {
	start, end [2]time.Time
	length     [2]time.Duration
	hasLength  [2]bool
}

// set takes over what is a time, and says whether it knew the source and understood the value.
func (t *times) set(source string, value any) (ok bool) {
	switch source {
	case "start_time_unix_nano":
		t.start[0], ok = instant(value)
	case "end_time_unix_nano", "finish":
		t.end[0], ok = instant(value)
	case "start_ms":
		t.start[1], ok = milli(value)
	case "end_ms":
		t.end[1], ok = milli(value)
	case "duration":
		var n int64
		n, ok = whole(value)
		t.length[0], t.hasLength[0] = time.Duration(n), ok
	case "duration_ms":
		var ms float64
		ms, ok = number(value)
		t.length[1], t.hasLength[1] = time.Duration(ms*float64(time.Millisecond)), ok
	}
	return ok
}

func milli(value any) (time.Time, bool) {
	n, ok := whole(value)
	if !ok {
		return time.Time{}, false
	}
	return time.UnixMilli(n), true
}

// instant reads Unix nanoseconds, or the time that YAML has, where "" is none.
func instant(value any) (time.Time, bool) {
	if at, ok := value.(time.Time); ok {
		return at, true
	}
	if n, ok := whole(value); ok {
		return nano(n), true
	}
	text, ok := value.(string)
	if !ok || text == "" {
		return time.Time{}, ok
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return at, err == nil
}

func number(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, true
	}
	return 0, false
}

func nano(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}

// apply sets start and end from the most precise that there is; a duration stands in for
// one of them, and for precision that milliseconds lack.
func (t *times) apply(s *Span) {
	s.Start, s.End = first(t.start[:]), first(t.end[:])
	length, known := t.length[0], t.hasLength[0]
	if !known {
		length, known = t.length[1], t.hasLength[1]
	}
	if !known {
		return
	}
	switch {
	case !t.start[0].IsZero() && !t.end[0].IsZero():
	case !s.Start.IsZero():
		s.End = s.Start.Add(length)
	case !s.End.IsZero():
		s.Start = s.End.Add(-length)
	}
}

func first(list []time.Time) time.Time {
	for _, t := range list {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
