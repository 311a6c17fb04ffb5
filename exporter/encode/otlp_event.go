package encode

import (
	"strconv"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func appendOTLPEvent(dst []byte, e sdktrace.Event) []byte {
	dst = append(dst, `{"timeUnixNano":"`...)
	dst = appendUnixNano(dst, unixNano(e.Time))
	dst = append(dst, `","name":`...)
	dst = appendString(dst, e.Name)
	dst = append(dst, `,"attributes":`...)
	dst = appendOTLPAttributes(dst, e.Attributes)
	dst = appendCount(dst, "droppedAttributesCount", e.DroppedAttributeCount)
	return append(dst, '}')
}

func appendOTLPLink(dst []byte, l sdktrace.Link) []byte {
	traceID, spanID := l.SpanContext.TraceID(), l.SpanContext.SpanID()
	dst = append(dst, `{"traceId":"`...)
	dst = appendHex(dst, traceID[:])
	dst = append(dst, `","spanId":"`...)
	dst = appendHex(dst, spanID[:])
	if state := l.SpanContext.TraceState(); state.Len() > 0 {
		dst = append(dst, `","traceState":"`...)
		dst = appendEscaped(dst, state.String())
	}
	dst = append(dst, `","flags":`...)
	dst = strconv.AppendUint(dst, uint64(otlpFlags(l.SpanContext.TraceFlags(), l.SpanContext.IsRemote())), 10)
	dst = append(dst, `,"attributes":`...)
	dst = appendOTLPAttributes(dst, l.Attributes)
	dst = appendCount(dst, "droppedAttributesCount", l.DroppedAttributeCount)
	return append(dst, '}')
}
