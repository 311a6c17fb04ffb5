package encode

import (
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/tracehook/tracehook/internal/vocab"
)

// Writer writes the values of span fields. It remembers the encoded form of the last
// resources (at most 64). The zero Writer is ready; it is for one goroutine at a time.
type Writer struct {
	resources cache[*resource.Resource]
	scratch   []byte
	textNanos bool // Unix nanoseconds of events are texts
}

const (
	layoutMilli = "2006-01-02 15:04:05.000"
	layoutMicro = "2006-01-02 15:04:05.000000"
)

// AppendJSON appends value, which a field had for the span of v, as JSON. It is always
// valid.
func (w *Writer) AppendJSON(dst []byte, v *View, value Value) []byte {
	switch value.Type {
	case TypeString:
		return appendString(dst, value.Str)
	case TypeInt:
		return appendInt(dst, value.Num)
	case TypeMillis:
		return appendMillis(dst, value.Num)
	case TypeTraceID, TypeSpanID, TypeParentID,
		TypeTime, TypeTimeMicro:
		dst = append(dst, '"')
		dst = appendPlain(dst, v, value.Type)
		return append(dst, '"')
	case TypeSpanName, TypeTraceState:
		dst = append(dst, '"')
		dst = appendJoined(dst, v, value.Type, appendEscaped)
		return append(dst, '"')
	case TypeAttributes:
		return appendMembers(dst, v.Attributes, ofSpanPublic, 0)
	case TypeResource:
		return append(dst, w.resources.or(v.Resource, appendResource)...)
	case TypeEvents:
		if w.textNanos {
			return AppendList(dst, v.spanEvents(), appendEventWithText)
		}
		return AppendList(dst, v.spanEvents(), appendEvent)
	case TypeLinks:
		return AppendList(dst, v.spanLinks(), appendLink)
	default:
		found := v.Attribute(value)
		return appendAttribute(dst, &found, 0)
	}
}

// appendPlain appends what needs no escape in any encoding.
func appendPlain(dst []byte, v *View, t Type) []byte {
	switch t {
	case TypeTraceID:
		id := v.Context.TraceID()
		return appendHex(dst, id[:])
	case TypeSpanID:
		id := v.Context.SpanID()
		return appendHex(dst, id[:])
	case TypeParentID:
		if id := v.Parent.SpanID(); id.IsValid() {
			return appendHex(dst, id[:])
		}
		return dst
	case TypeTime:
		return appendTime(dst, v, layoutMilli)
	default:
		return appendTime(dst, v, layoutMicro)
	}
}

func appendTime(dst []byte, v *View, layout string) []byte {
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
func appendJoined(dst []byte, v *View, t Type, add func([]byte, string) []byte) []byte {
	if t == TypeTraceState {
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
func Empty(v *View, value Value) bool {
	switch value.Type {
	case TypeString:
		return value.Str == ""
	case TypeParentID:
		return !v.Parent.SpanID().IsValid()
	case TypeTime, TypeTimeMicro:
		return v.End.IsZero()
	case TypeTraceState:
		return v.Context.TraceState().Len() == 0
	case TypeEvents:
		return len(v.spanEvents()) == 0
	case TypeLinks:
		return len(v.spanLinks()) == 0
	case TypeResource:
		return v.Resource.Len() == 0
	case TypeAttributes:
		for i := range v.Attributes {
			if !vocab.Reserved(v.Attributes[i].Key) {
				return false
			}
		}
		return true
	case TypeAttribute, TypeResourceAttribute:
		return v.Attribute(value).Type() == attribute.EMPTY
	default:
		return false
	}
}

// AppendText appends value, which a field had for the span of v, for people's eyes on one
// line: texts without quotes and with what a terminal would obey made visible, objects and
// lists as JSON, an absent attribute as nothing.
func (w *Writer) AppendText(dst []byte, v *View, value Value) []byte {
	switch value.Type {
	case TypeString:
		return appendVisible(dst, value.Str)
	case TypeInt:
		return strconv.AppendInt(dst, value.Num, 10)
	case TypeMillis:
		return appendMillis(dst, value.Num)
	case TypeTraceID, TypeSpanID, TypeParentID,
		TypeTime, TypeTimeMicro:
		return appendPlain(dst, v, value.Type)
	case TypeSpanName, TypeTraceState:
		return appendJoined(dst, v, value.Type, appendVisible)
	case TypeAttribute, TypeResourceAttribute:
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
