package greptime

import (
	"encoding/hex"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/encode"
)

// appendEvent appends an event as JSON in the form that GreptimeDB's trace table has.
func appendEvent(dst []byte, e sdktrace.Event) []byte {
	dst = append(dst, `{"name":`...)
	dst = encode.AppendAttribute(dst, attribute.StringValue(e.Name))
	dst = append(dst, `,"time":"`...)
	dst = appendEventTime(dst, e.Time)
	dst = append(dst, `","attributes":`...)
	dst = encode.AppendAttributes(dst, e.Attributes)
	return append(dst, '}')
}

// appendEventTime appends UTC with as many decimals as there are: none, 3, 6 or 9.
func appendEventTime(dst []byte, t time.Time) []byte {
	layout := "2006-01-02 15:04:05.000000000-0700"
	switch nano := t.Nanosecond(); {
	case nano == 0:
		layout = "2006-01-02 15:04:05-0700"
	case nano%1e6 == 0:
		layout = "2006-01-02 15:04:05.000-0700"
	case nano%1e3 == 0:
		layout = "2006-01-02 15:04:05.000000-0700"
	}
	return t.UTC().AppendFormat(dst, layout)
}

// appendLink does for a link what appendEvent does for an event.
func appendLink(dst []byte, l sdktrace.Link) []byte {
	traceID, spanID := l.SpanContext.TraceID(), l.SpanContext.SpanID()
	dst = append(dst, `{"trace_id":"`...)
	dst = hex.AppendEncode(dst, traceID[:])
	dst = append(dst, `","span_id":"`...)
	dst = hex.AppendEncode(dst, spanID[:])
	dst = append(dst, `","trace_state":`...)
	dst = encode.AppendAttribute(dst, attribute.StringValue(l.SpanContext.TraceState().String()))
	dst = append(dst, `,"attributes":`...)
	dst = encode.AppendAttributes(dst, l.Attributes)
	return append(dst, '}')
}
