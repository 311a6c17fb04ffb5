package encode

import (
	"strconv"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func appendEvent(dst []byte, e sdktrace.Event) []byte {
	dst = append(dst, `{"time_unix_nano":`...)
	dst = strconv.AppendInt(dst, unixNano(e.Time), 10)
	return appendRestOfEvent(dst, e)
}

// appendEventWithText has the time as a text.
func appendEventWithText(dst []byte, e sdktrace.Event) []byte {
	dst = append(dst, `{"time_unix_nano":"`...)
	dst = strconv.AppendInt(dst, unixNano(e.Time), 10)
	return appendRestOfEvent(append(dst, '"'), e)
}

func appendRestOfEvent(dst []byte, e sdktrace.Event) []byte {
	dst = append(dst, `,"name":`...)
	dst = appendString(dst, e.Name)
	dst = append(dst, `,"attributes":`...)
	dst = AppendAttributes(dst, e.Attributes)
	return append(dst, '}')
}

func appendLink(dst []byte, l sdktrace.Link) []byte {
	trace, span := l.SpanContext.TraceID(), l.SpanContext.SpanID()
	dst = append(dst, `{"trace_id":"`...)
	dst = appendHex(dst, trace[:])
	dst = append(dst, `","span_id":"`...)
	dst = appendHex(dst, span[:])
	dst = append(dst, '"')
	if state := l.SpanContext.TraceState(); state.Len() > 0 {
		dst = append(dst, `,"trace_state":`...)
		dst = appendString(dst, state.String())
	}
	dst = append(dst, `,"attributes":`...)
	dst = AppendAttributes(dst, l.Attributes)
	return append(dst, '}')
}
