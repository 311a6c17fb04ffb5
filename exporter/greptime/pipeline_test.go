package greptime_test

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
)

// pipeline does what GreptimeDB documents for greptime_trace_v1: it flattens OTLP spans into
// rows, keeps the types of columns and coerces values to them. It is written from that
// description and shares no code with the exporter.
type pipeline struct {
	mu     sync.Mutex
	tables map[string]*pipelineTable
}

type pipelineTable struct {
	columns []string // in the order of the table, but for attributes, which are kept apart
	types   map[string]string
	rows    []map[string]any
}

func newPipeline() *pipeline { return &pipeline{tables: map[string]*pipelineTable{}} }

// flatSpan is a span as a row, with what its columns would be if they were new.
type flatSpan struct {
	id    string
	row   map[string]any
	types map[string]string
	keys  []string
}

// accept stores a request and answers as GreptimeDB 1.0 and later do.
func (p *pipeline) accept(r *http.Request, request *coltracepb.ExportTraceServiceRequest) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	var spans []flatSpan
	for _, rs := range request.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				spans = append(spans, flatten(rs, ss, s))
			}
		}
	}
	if r.Header.Get("X-Greptime-Db-Name") != "public" {
		return failedAnswer(fmt.Sprintf("Accepted 0 spans, rejected %d spans: Discarded %d spans after pre-write request failure", len(spans), len(spans)))
	}
	name := r.Header.Get("X-Greptime-Trace-Table-Name")
	t := p.tables[name]
	if t == nil {
		t = &pipelineTable{types: map[string]string{}}
	}
	reasons := t.store(name, spans)
	if len(t.rows) > 0 {
		p.tables[name] = t
	}
	if len(reasons) == 0 {
		return accepted()
	}
	text := fmt.Sprintf("Accepted %d spans, rejected %d spans: %s", len(spans)-len(reasons), len(reasons), strings.Join(reasons, "; "))
	if len(reasons) == len(spans) {
		return failedAnswer(text)
	}
	a := accepted()
	a.body, _ = proto.Marshal(&coltracepb.ExportTraceServiceResponse{PartialSuccess: &coltracepb.ExportTracePartialSuccess{
		RejectedSpans: int64(len(reasons)), ErrorMessage: text,
	}})
	return a
}

func failedAnswer(text string) answer {
	body, _ := proto.Marshal(&spb.Status{Message: text})
	return answer{status: http.StatusBadRequest, contentType: "application/x-protobuf", body: body}
}

// store settles the type of each column for the whole request, then coerces span by span.
func (t *pipelineTable) store(name string, spans []flatSpan) (rejected []string) {
	types := maps.Clone(t.types)
	for _, s := range spans {
		for _, key := range s.keys {
			types[key] = reconcile(types[key], s.types[key], t.types[key] != "")
		}
	}
	var stored []flatSpan
	for _, s := range spans {
		reason := ""
		for _, key := range s.keys {
			value, ok := coerce(s.row[key], types[key])
			if !ok {
				reason = fmt.Sprintf("Rejected span %s (InvalidArguments): failed to coerce trace column '%s' in table '%s' from %s to %s",
					s.id, key, name, variant(s.row[key]), map[string]string{"bigint": "Int64", "double": "Float64", "boolean": "Boolean"}[types[key]])
				break
			}
			s.row[key] = value
		}
		if reason != "" {
			rejected = append(rejected, reason)
			continue
		}
		stored = append(stored, s)
	}
	for _, s := range stored {
		for _, key := range s.keys {
			if t.types[key] != types[key] {
				if t.types[key] == "" {
					t.columns = append(t.columns, key)
				}
				t.types[key] = types[key]
				t.widen(key)
			}
		}
		t.rows = append(t.rows, s.row)
	}
	return rejected
}

func (t *pipelineTable) widen(key string) {
	for _, row := range t.rows {
		if n, ok := row[key].(int64); ok && t.types[key] == "double" {
			row[key] = float64(n)
		}
	}
}

// reconcile settles a column on one type: an existing column keeps its own, but integers give
// way to floats; in a new column a type beats text, which may parse as it.
func reconcile(have, want string, exists bool) string {
	switch {
	case have == "":
		return want
	case have == "bigint" && want == "double":
		return want
	case !exists && have == "string":
		return want
	default:
		return have
	}
}

func coerce(v any, to string) (any, bool) {
	switch v := v.(type) {
	case int64:
		switch to {
		case "double":
			return float64(v), true
		case "string":
			return strconv.FormatInt(v, 10), true
		}
		return v, to == "bigint" || to == "timestamp"
	case float64:
		if to == "string" {
			return strconv.FormatFloat(v, 'f', -1, 64), true
		}
		return v, to == "double"
	case bool:
		if to == "string" {
			return strconv.FormatBool(v), true
		}
		return v, to == "boolean"
	case string:
		switch to {
		case "bigint":
			n, err := strconv.ParseInt(v, 10, 64)
			return n, err == nil
		case "double":
			f, err := strconv.ParseFloat(v, 64)
			return f, err == nil
		case "boolean":
			b, err := strconv.ParseBool(v)
			return b, err == nil
		}
	}
	return v, true
}

func variant(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("String(%q)", v)
	case float64:
		return fmt.Sprintf("Float64(%v)", v)
	default:
		return fmt.Sprintf("%v", v)
	}
}

// flatten makes a row of a span. The columns are in the order of the table, attributes come
// between service_name and span_events.
func flatten(rs *tracepb.ResourceSpans, ss *tracepb.ScopeSpans, s *tracepb.Span) flatSpan {
	f := flatSpan{
		id:  hex.EncodeToString(s.GetTraceId()) + ":" + hex.EncodeToString(s.GetSpanId()),
		row: map[string]any{}, types: map[string]string{},
	}
	put := func(key, typ string, value any) {
		f.row[key], f.types[key] = value, typ
		f.keys = append(f.keys, key)
	}
	put("timestamp", "timestamp", int64(s.GetStartTimeUnixNano()))
	put("timestamp_end", "timestamp", int64(s.GetEndTimeUnixNano()))
	put("duration_nano", "unsigned", s.GetEndTimeUnixNano()-s.GetStartTimeUnixNano()) // wraps, as upstream's does
	var parent any
	if len(s.GetParentSpanId()) > 0 {
		parent = hex.EncodeToString(s.GetParentSpanId())
	}
	put("parent_span_id", "text", parent)
	put("trace_id", "text", hex.EncodeToString(s.GetTraceId()))
	put("span_id", "text", hex.EncodeToString(s.GetSpanId()))
	put("span_kind", "text", s.GetKind().String())
	put("span_name", "text", s.GetName())
	status := ""
	if s.Status != nil {
		status = s.GetStatus().GetCode().String()
	}
	put("span_status_code", "text", status)
	put("span_status_message", "text", s.GetStatus().GetMessage())
	put("trace_state", "text", s.GetTraceState())
	put("scope_name", "text", ss.GetScope().GetName())
	put("scope_version", "text", ss.GetScope().GetVersion())
	put("service_name", "text", flatService(rs.GetResource().GetAttributes()))
	for _, part := range []struct {
		prefix     string
		attributes []*commonpb.KeyValue
	}{
		{"span_attributes.", s.GetAttributes()},
		{"scope_attributes.", ss.GetScope().GetAttributes()},
		{"resource_attributes.", rs.GetResource().GetAttributes()},
	} {
		for _, kv := range part.attributes {
			if part.prefix == "resource_attributes." && kv.GetKey() == "service.name" {
				continue
			}
			switch v := kv.GetValue().GetValue().(type) {
			case *commonpb.AnyValue_StringValue:
				put(part.prefix+kv.GetKey(), "string", v.StringValue)
			case *commonpb.AnyValue_IntValue:
				put(part.prefix+kv.GetKey(), "bigint", v.IntValue)
			case *commonpb.AnyValue_DoubleValue:
				put(part.prefix+kv.GetKey(), "double", v.DoubleValue)
			case *commonpb.AnyValue_BoolValue:
				put(part.prefix+kv.GetKey(), "boolean", v.BoolValue)
			case *commonpb.AnyValue_BytesValue:
				put(part.prefix+kv.GetKey(), "binary", v.BytesValue)
			case nil:
			default:
				put(part.prefix+kv.GetKey(), "json", flatJSON(kv.GetValue()))
			}
		}
	}
	events := []any{}
	for _, e := range s.GetEvents() {
		events = append(events, map[string]any{"name": e.GetName(), "time": e.GetTimeUnixNano(), "attributes": flatMap(e.GetAttributes())})
	}
	put("span_events", "json", events)
	links := []any{}
	for _, l := range s.GetLinks() {
		links = append(links, map[string]any{
			"trace_id": hex.EncodeToString(l.GetTraceId()), "span_id": hex.EncodeToString(l.GetSpanId()),
			"trace_state": l.GetTraceState(), "attributes": flatMap(l.GetAttributes()),
		})
	}
	put("span_links", "json", links)
	return f
}

// flatService takes service.name, and without one the first attribute, as upstream did for
// long.
func flatService(attributes []*commonpb.KeyValue) string {
	i := slices.IndexFunc(attributes, func(kv *commonpb.KeyValue) bool { return kv.GetKey() == "service.name" })
	if i < 0 && len(attributes) > 0 {
		i = 0
	}
	if i < 0 {
		return ""
	}
	return attributes[i].GetValue().GetStringValue()
}

func flatMap(attributes []*commonpb.KeyValue) map[string]any {
	m := map[string]any{}
	for _, kv := range attributes {
		m[kv.GetKey()] = flatJSON(kv.GetValue())
	}
	return m
}

func flatJSON(v *commonpb.AnyValue) any {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_IntValue:
		return v.IntValue
	case *commonpb.AnyValue_DoubleValue:
		return v.DoubleValue
	case *commonpb.AnyValue_BoolValue:
		return v.BoolValue
	case *commonpb.AnyValue_ArrayValue:
		list := []any{}
		for _, element := range v.ArrayValue.GetValues() {
			list = append(list, flatJSON(element))
		}
		return list
	case *commonpb.AnyValue_KvlistValue:
		return flatMap(v.KvlistValue.GetValues())
	}
	return nil
}
