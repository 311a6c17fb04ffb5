package greptime

import (
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
)

const (
	text      = wire.ColumnDataType_STRING
	jsonText  = wire.ColumnDataType_JSON
	integer   = wire.ColumnDataType_INT64
	unsigned  = wire.ColumnDataType_UINT64
	float     = wire.ColumnDataType_FLOAT64
	timestamp = wire.ColumnDataType_TIMESTAMP_NANOSECOND

	field = wire.SemanticType_FIELD
)

// standardColumns are the columns of GreptimeDB's own trace table, greptime_trace_v1, in its
// order and with its values. Attributes are one JSON column each, as in its older trace table:
// a column for each attribute would make one whose type changes cost whole batches, because
// only the trace pipeline reconciles types.
func standardColumns() []column {
	return []column{
		{
			name: "timestamp", sources: []string{"timestamp"}, datatype: timestamp, semantic: wire.SemanticType_TIMESTAMP,
			value: func(w *rowWriter, dst []byte) []byte { return appendTimestamp(dst, w.view.StartNano()) },
		},
		{
			name: "timestamp_end", sources: []string{"timestamp_end"}, datatype: timestamp, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte { return appendTimestamp(dst, w.view.EndNano()) },
		},
		{
			name: "duration_nano", sources: []string{"duration_nano", "duration", "durationNano", "cost"}, datatype: unsigned, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte {
				return appendUnsigned(dst, uint64(max(w.view.EndNano()-w.view.StartNano(), 0)))
			},
		},
		{
			name: "parent_span_id", sources: []string{"parent_span_id", "parentSpanId", "parent_id", "parentId"}, datatype: text, semantic: field, indexed: true,
			value: func(w *rowWriter, dst []byte) []byte {
				if id := w.view.Parent.SpanID(); id.IsValid() {
					return appendID(dst, id[:])
				}
				return appendNull(dst)
			},
		},
		{
			name: "trace_id", sources: []string{"trace_id", "traceId"}, datatype: text, semantic: field, indexed: true,
			value: func(w *rowWriter, dst []byte) []byte { id := w.view.Context.TraceID(); return appendID(dst, id[:]) },
		},
		{
			name: "span_id", sources: []string{"span_id", "spanId"}, datatype: text, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte { id := w.view.Context.SpanID(); return appendID(dst, id[:]) },
		},
		{
			name: "span_kind", sources: []string{"span_kind", "spanKind"}, datatype: text, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte { return appendText(dst, kindName(w.view.Kind)) },
		},
		{
			name: "span_name", sources: []string{"span_name", "spanName", "name", "span"}, datatype: text, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte { return appendText(dst, w.view.Name) },
		},
		{
			name: "span_status_code", sources: []string{"span_status_code", "spanStatusCode"}, datatype: text, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte { return appendText(dst, statusName(w.view.Status.Code)) },
		},
		{
			name: "span_status_message", sources: []string{"span_status_message", "spanStatusMessage"}, datatype: text, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte { return appendText(dst, w.view.Status.Description) },
		},
		{
			name: "trace_state", sources: []string{"trace_state", "traceState"}, datatype: text, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte { return appendText(dst, w.view.Context.TraceState().String()) },
		},
		{
			name: "scope_name", sources: []string{"scope_name", "scopeName"}, datatype: text, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte { return appendText(dst, w.view.Span.InstrumentationScope().Name) },
		},
		{
			name: "scope_version", sources: []string{"scope_version", "scopeVersion"}, datatype: text, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte {
				return appendText(dst, w.view.Span.InstrumentationScope().Version)
			},
		},
		{
			name: "service_name", sources: []string{"service_name", "service", "serviceName"}, datatype: text, semantic: wire.SemanticType_TAG, indexed: true,
			value: func(w *rowWriter, dst []byte) []byte {
				if service := w.view.Service(); service != "" {
					return appendText(dst, service)
				}
				return appendText(dst, unknownService)
			},
		},
		{
			name: "span_attributes", sources: []string{"span_attributes", "attributes", "attrs"}, datatype: jsonText, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte {
				w.scratch = encode.AppendSpanAttributes(w.scratch[:0], w.view.Attributes)
				return appendBytes(dst, w.scratch)
			},
		},
		{
			name: "scope_attributes", sources: []string{"scope_attributes"}, datatype: jsonText, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte {
				attributes := w.view.Span.InstrumentationScope().Attributes
				w.scratch = encode.AppendAttributes(w.scratch[:0], attributes.ToSlice())
				return appendBytes(dst, w.scratch)
			},
		},
		{
			name: "resource_attributes", sources: []string{"resource_attributes", "resource"}, datatype: jsonText, semantic: field,
			value: jsonField(encode.TypeResource),
		},
		{
			name: "span_events", sources: []string{"span_events", "events"}, datatype: jsonText, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte {
				w.scratch = encode.AppendList(w.scratch[:0], w.view.Span.Events(), appendEvent)
				return appendBytes(dst, w.scratch)
			},
		},
		{
			name: "span_links", sources: []string{"span_links", "links"}, datatype: jsonText, semantic: field,
			value: func(w *rowWriter, dst []byte) []byte {
				w.scratch = encode.AppendList(w.scratch[:0], w.view.Span.Links(), appendLink)
				return appendBytes(dst, w.scratch)
			},
		},
	}
}

// jsonField is the value of a whole table of the span.
func jsonField(t encode.Type) func(w *rowWriter, dst []byte) []byte {
	return func(w *rowWriter, dst []byte) []byte {
		w.scratch = w.json.AppendJSON(w.scratch[:0], &w.view, encode.Value{Type: t})
		return appendBytes(dst, w.scratch)
	}
}

func kindName(k trace.SpanKind) string {
	switch k {
	case trace.SpanKindInternal:
		return "SPAN_KIND_INTERNAL"
	case trace.SpanKindServer:
		return "SPAN_KIND_SERVER"
	case trace.SpanKindClient:
		return "SPAN_KIND_CLIENT"
	case trace.SpanKindProducer:
		return "SPAN_KIND_PRODUCER"
	case trace.SpanKindConsumer:
		return "SPAN_KIND_CONSUMER"
	default:
		return "SPAN_KIND_UNSPECIFIED"
	}
}

func statusName(c codes.Code) string {
	switch c {
	case codes.Ok:
		return "STATUS_CODE_OK"
	case codes.Error:
		return "STATUS_CODE_ERROR"
	default:
		return "STATUS_CODE_UNSET"
	}
}
