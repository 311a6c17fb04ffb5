package encode

import (
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/tracehook/tracehook/exporter"
)

// Writer writes the values of span fields. It remembers the encoded form of the last
// resources (at most 64). The zero Writer is ready; it is for one goroutine at a time.
type Writer struct {
	resources cache[*resource.Resource]
	scratch   []byte
}

const (
	layoutMilli = "2006-01-02 15:04:05.000"
	layoutMicro = "2006-01-02 15:04:05.000000"
)

// AppendJSON appends value, which a field had for the span of v, as JSON. It is always
// valid.
func (w *Writer) AppendJSON(dst []byte, v *exporter.View, value exporter.Value) []byte {
	switch value.Type {
	case exporter.TypeString:
		return appendString(dst, value.Str)
	case exporter.TypeInt:
		return appendInt(dst, value.Num)
	case exporter.TypeMillis:
		return appendMillis(dst, value.Num)
	case exporter.TypeTraceID, exporter.TypeSpanID, exporter.TypeParentID,
		exporter.TypeTime, exporter.TypeTimeMicro:
		dst = append(dst, '"')
		dst = appendPlain(dst, v, value.Type)
		return append(dst, '"')
	case exporter.TypeSpanName, exporter.TypeTraceState:
		dst = append(dst, '"')
		dst = appendJoined(dst, v, value.Type, appendEscaped)
		return append(dst, '"')
	case exporter.TypeAttributes:
		return appendAttributes(dst, v.Attributes, v.HasReserved())
	case exporter.TypeResource:
		return append(dst, w.resources.or(v.Resource, appendResource)...)
	case exporter.TypeEvents:
		return AppendList(dst, v.Span.Events(), appendEvent)
	case exporter.TypeLinks:
		return AppendList(dst, v.Span.Links(), appendLink)
	default:
		found := v.Attribute(value)
		return appendAttribute(dst, &found, 0)
	}
}

// appendPlain appends what needs no escape in any encoding.
func appendPlain(dst []byte, v *exporter.View, t exporter.Type) []byte {
	switch t {
	case exporter.TypeTraceID:
		id := v.Context.TraceID()
		return appendHex(dst, id[:])
	case exporter.TypeSpanID:
		id := v.Context.SpanID()
		return appendHex(dst, id[:])
	case exporter.TypeParentID:
		if id := v.Parent.SpanID(); id.IsValid() {
			return appendHex(dst, id[:])
		}
		return dst
	case exporter.TypeTime:
		return appendTime(dst, v, layoutMilli)
	default:
		return appendTime(dst, v, layoutMicro)
	}
}

func appendTime(dst []byte, v *exporter.View, layout string) []byte {
	if v.End.IsZero() {
		return dst
	}
	zone := v.Location
	if zone == nil {
		zone = time.Local
	}
	return v.End.In(zone).AppendFormat(dst, layout)
}

// appendJoined appends what is made of several strings, each by add.
func appendJoined(dst []byte, v *exporter.View, t exporter.Type, add func([]byte, string) []byte) []byte {
	if t == exporter.TypeTraceState {
		return add(dst, v.Context.TraceState().String())
	}
	kind, step := v.KindWord(), v.Step()
	if rest, ok := strings.CutPrefix(step, kind); ok && strings.HasPrefix(rest, ":") {
		return add(dst, step)
	}
	dst = add(dst, kind)
	if kind != "" && step != "" {
		dst = append(dst, ':')
	}
	return add(dst, step)
}

// Empty reports whether value says nothing: an empty text, list or object. Numbers always say
// something.
func Empty(v *exporter.View, value exporter.Value) bool {
	switch value.Type {
	case exporter.TypeString:
		return value.Str == ""
	case exporter.TypeParentID:
		return !v.Parent.SpanID().IsValid()
	case exporter.TypeTime, exporter.TypeTimeMicro:
		return v.End.IsZero()
	case exporter.TypeTraceState:
		return v.Context.TraceState().Len() == 0
	case exporter.TypeEvents:
		return len(v.Span.Events()) == 0
	case exporter.TypeLinks:
		return len(v.Span.Links()) == 0
	case exporter.TypeResource:
		return v.Resource.Len() == 0
	case exporter.TypeAttributes:
		for i := range v.Attributes {
			if !v.HasReserved() || !exporter.Reserved(v.Attributes[i].Key) {
				return false
			}
		}
		return true
	case exporter.TypeAttribute, exporter.TypeResourceAttribute:
		return v.Attribute(value).Type() == attribute.EMPTY
	default:
		return false
	}
}

// AppendText appends value, which a field had for the span of v, for people's eyes on one
// line: texts without quotes and with what a terminal would obey made visible, objects and
// lists as JSON, an absent attribute as nothing.
func (w *Writer) AppendText(dst []byte, v *exporter.View, value exporter.Value) []byte {
	switch value.Type {
	case exporter.TypeString:
		return appendVisible(dst, value.Str)
	case exporter.TypeInt:
		return strconv.AppendInt(dst, value.Num, 10)
	case exporter.TypeMillis:
		return appendMillis(dst, value.Num)
	case exporter.TypeTraceID, exporter.TypeSpanID, exporter.TypeParentID,
		exporter.TypeTime, exporter.TypeTimeMicro:
		return appendPlain(dst, v, value.Type)
	case exporter.TypeSpanName, exporter.TypeTraceState:
		return appendJoined(dst, v, value.Type, appendVisible)
	case exporter.TypeAttribute, exporter.TypeResourceAttribute:
		found := v.Attribute(value)
		if t := found.Type(); t == attribute.EMPTY {
			return dst
		} else if t == attribute.STRING {
			return appendVisible(dst, found.AsString())
		}
		w.scratch = appendAttribute(w.scratch[:0], &found, 0)
	default:
		w.scratch = w.AppendJSON(w.scratch[:0], v, value)
	}
	return appendVisible(dst, bytesAsString(w.scratch))
}
