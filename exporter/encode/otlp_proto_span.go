package encode

import (
	"encoding/binary"
	"math"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/internal/vocab"
)

// protoSpan appends s, with these parts instead of its own, as the field spans.
func protoSpan(dst []byte, s sdktrace.ReadOnlySpan, p *redact.Parts) []byte {
	dst = append(dst, 2<<3|wireBytes, 0, 0)
	start := len(dst)
	sc, parent := s.SpanContext(), s.Parent()
	dst = protoIDs(dst, sc)
	if id := parent.SpanID(); id.IsValid() {
		dst = append(dst, 4<<3|wireBytes, byte(len(id)))
		dst = append(dst, id[:]...)
	}
	dst = protoText(dst, 5, p.Name)
	dst = protoCount(dst, 6, int(otlpKind(s.SpanKind())))
	begin := s.StartTime()
	dst = protoTime(dst, 7, begin)
	dst = protoTime(dst, 8, otlpEnd(begin, s.EndTime()))
	for i := range p.Attributes {
		kv := &p.Attributes[i]
		dst = protoAttribute(dst, 9, vocab.Written(kv.Key), &kv.Value, 0)
	}
	dst = protoCount(dst, 10, s.DroppedAttributes())
	for i := range p.Events {
		dst = protoEvent(dst, &p.Events[i])
	}
	dst = protoCount(dst, 12, s.DroppedEvents())
	for i := range p.Links {
		dst = protoLink(dst, &p.Links[i])
	}
	dst = protoCount(dst, 14, s.DroppedLinks())
	dst = protoStatus(dst, p.Status)
	dst = append(dst, 16<<3&0x7f|wire32|0x80, 16>>4)
	dst = binary.LittleEndian.AppendUint32(dst, otlpFlags(sc.TraceFlags(), parent.IsRemote()))
	return protoLength(dst, start, roomOfSpan)
}

// protoIDs appends what spans and links begin with: their ids and the trace state.
func protoIDs(dst []byte, sc trace.SpanContext) []byte {
	traceID, spanID := sc.TraceID(), sc.SpanID()
	dst = append(dst, 1<<3|wireBytes, byte(len(traceID)))
	dst = append(dst, traceID[:]...)
	dst = append(dst, 2<<3|wireBytes, byte(len(spanID)))
	dst = append(dst, spanID[:]...)
	state := sc.TraceState()
	if state.Len() == 0 {
		return dst
	}
	dst = append(dst, 3<<3|wireBytes, 0)
	start := len(dst)
	state.Walk(func(key, value string) bool {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, key...)
		dst = append(dst, '=')
		dst = append(dst, value...)
		return true
	})
	return protoLength(dst, start, roomOfValue)
}

func protoEvent(dst []byte, e *sdktrace.Event) []byte {
	dst = append(dst, 11<<3|wireBytes, 0)
	start := len(dst)
	dst = protoTime(dst, 1, e.Time)
	dst = protoText(dst, 2, e.Name)
	dst = protoAttributes(dst, 3, e.Attributes)
	dst = protoCount(dst, 4, e.DroppedAttributeCount)
	return protoLength(dst, start, roomOfValue)
}

func protoLink(dst []byte, l *sdktrace.Link) []byte {
	dst = append(dst, 13<<3|wireBytes, 0)
	start := len(dst)
	dst = protoIDs(dst, l.SpanContext)
	dst = protoAttributes(dst, 4, l.Attributes)
	dst = protoCount(dst, 5, l.DroppedAttributeCount)
	dst = append(dst, 6<<3|wire32)
	dst = binary.LittleEndian.AppendUint32(dst, otlpFlags(l.SpanContext.TraceFlags(), l.SpanContext.IsRemote()))
	return protoLength(dst, start, roomOfValue)
}

// protoStatus appends a message for the unset status, too, as OTel's exporters do.
func protoStatus(dst []byte, status sdktrace.Status) []byte {
	dst = append(dst, 15<<3|wireBytes, 0)
	start := len(dst)
	dst = protoText(dst, 2, status.Description)
	dst = protoCount(dst, 3, int(otlpStatus(status.Code)))
	return protoLength(dst, start, roomOfValue)
}

// protoTime appends Unix nanoseconds; times before 1970 are 0, which is left out.
func protoTime(dst []byte, field byte, t time.Time) []byte {
	n := t.UnixNano()
	if n <= 0 {
		return dst
	}
	return binary.LittleEndian.AppendUint64(append(dst, field<<3|wire64), uint64(n))
}

// otlpEnd is the end of a span as OTLP says it: a nanosecond after the start where a span has no
// length, as the framework's Trace makes them. Jaeger takes such spans for broken.
func otlpEnd(start, end time.Time) time.Time {
	if n := end.UnixNano(); end.Equal(start) && n > 0 && n < math.MaxInt64 {
		return end.Add(1)
	}
	return end
}

// protoCount appends a number above 0.
func protoCount(dst []byte, field byte, n int) []byte {
	if n <= 0 {
		return dst
	}
	return binary.AppendUvarint(append(dst, field<<3|wireVarint), min(uint64(n), math.MaxUint32))
}
