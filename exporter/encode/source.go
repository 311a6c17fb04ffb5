package encode

// Source is one thing that a span field can show.
type Source struct {
	// Names are all its names, of every generation; the first is the one to use.
	Names []string
	// Type is what it is in JSON: string, integer, number, object or array.
	Type string
	// Meaning says what it holds, with its unit.
	Meaning string

	get   getter
	share share
}

// share says which spans of a connection have the same value, so that its encoded form may be kept,
// or one of the same width, so that it may be replaced in the text of its neighbors.
type share uint8

const (
	perSpan     share = iota // none
	perResource              // those of one resource
	perKind                  // those of one resource and kind for which View.HasReserved is false
	perOK                    // those for which View.OK is true

	// From here on, the width is fixed.
	fixedTraceID     // 32 hexadecimal digits
	fixedSpanID      // 16 hexadecimal digits
	fixedParentID    // 16 hexadecimal digits; "" for a root
	fixedStartMillis // 13 digits from 2001 on
	fixedStartNano   // 19 digits from 2001 on
	fixedEndMillis   // 13 digits from 2001 on
	fixedEndNano     // 19 digits from 2001 on
)

func (s share) fixed() bool { return s >= fixedTraceID }

// getter reads the value that field f has for the span of v.
type getter func(v *View, f *Field) Value

// Sources returns the table of all sources, in the order of the documentation. The slice
// is the caller's.
func Sources() []Source {
	return []Source{
		{[]string{"trace_id", "traceId"}, "string", "trace id, 32 lower-case hexadecimal digits", func(*View, *Field) Value { return typed(TypeTraceID) }, fixedTraceID},
		{[]string{"span_id", "spanId"}, "string", "span id, 16 lower-case hexadecimal digits", func(*View, *Field) Value { return typed(TypeSpanID) }, fixedSpanID},
		{[]string{"parent_span_id", "parentSpanId", "parent_id", "parentId"}, "string", "span id of the parent; empty for a root", func(*View, *Field) Value { return typed(TypeParentID) }, fixedParentID},
		{[]string{"name", "span"}, "string", "name of the span", func(v *View, _ *Field) Value { return str(v.Name) }, perSpan},
		{[]string{"step"}, "string", "step that a framework span was begun with, else the name", func(v *View, _ *Field) Value { return str(v.Step()) }, perSpan},
		{[]string{"span_name", "spanName"}, "string", "kind and step as kind:step; the step alone if it begins so", func(*View, *Field) Value { return typed(TypeSpanName) }, perSpan},
		{[]string{"kind"}, "string", "the framework's word if the span was begun with one (service, http, ...), else internal, server, client, producer or consumer", func(v *View, _ *Field) Value { return str(v.KindWord()) }, perKind},
		{[]string{"otel_kind"}, "string", "OTel's kind: internal, server, client, producer or consumer", func(v *View, _ *Field) Value { return str(v.OTelKind()) }, perKind},
		{[]string{"service_name", "service", "serviceName"}, "string", "service that the span was begun with, else the resource's service.name", func(v *View, _ *Field) Value { return str(v.Service()) }, perKind},
		{[]string{"target"}, "string", "what a framework span is about: its target, else its entry", func(v *View, _ *Field) Value { return str(v.Target()) }, perKind},
		{[]string{"entry"}, "string", "what a framework span is about: its entry, else its target", func(v *View, _ *Field) Value { return str(or(v.entry, v.target)) }, perKind},
		{[]string{"status"}, "string", "ok, error, or the framework's own word, such as retry", func(v *View, _ *Field) Value { return str(v.StatusWord()) }, perOK},
		{[]string{"status_code", "statusCode"}, "string", "STATUS_CODE_OK or STATUS_CODE_ERROR", statusCode, perOK},
		{[]string{"code"}, "integer", "code that a framework span ended with; else 0 if its status is ok, 1 if not", code, perSpan},
		{[]string{"status_message", "statusMessage", "error"}, "string", "text of a status that isn't ok; else empty", func(v *View, _ *Field) Value { return str(v.Message()) }, perOK},
		{[]string{"result"}, "string", "result that a framework span ended with, else the status message", func(v *View, _ *Field) Value { return str(or(v.result, v.Status.Description)) }, perSpan},
		{[]string{"duration_ms", "durationMs", "cost_ms", "costMs"}, "number", "duration in milliseconds, with up to six decimals", func(v *View, _ *Field) Value { return millis(int64(v.Duration())) }, perSpan},
		{[]string{"duration", "duration_nano", "durationNano", "cost"}, "integer", "duration in nanoseconds", func(v *View, _ *Field) Value { return num(int64(v.Duration())) }, perSpan},
		{[]string{"start_ms", "startMs"}, "integer", "start in Unix milliseconds", func(v *View, _ *Field) Value { return num(floorMillis(v.StartNano())) }, fixedStartMillis},
		{[]string{"end_ms", "endMs", "timestamp"}, "integer", "end in Unix milliseconds", func(v *View, _ *Field) Value { return num(floorMillis(v.EndNano())) }, fixedEndMillis},
		{[]string{"start_time_unix_nano", "startTimeUnixNano", "start"}, "integer", "start in Unix nanoseconds", func(v *View, _ *Field) Value { return num(v.StartNano()) }, fixedStartNano},
		{[]string{"end_time_unix_nano", "endTimeUnixNano", "end"}, "integer", "end in Unix nanoseconds", func(v *View, _ *Field) Value { return num(v.EndNano()) }, fixedEndNano},
		{[]string{"time"}, "string", "end as local time, 2006-01-02 15:04:05.000", func(*View, *Field) Value { return typed(TypeTime) }, perSpan},
		{[]string{"ts"}, "string", "end as local time, 2006-01-02 15:04:05.000000", func(*View, *Field) Value { return typed(TypeTimeMicro) }, perSpan},
		{[]string{"attributes", "attrs"}, "object", "attributes of the span, but those that have a field of their own", func(*View, *Field) Value { return typed(TypeAttributes) }, perSpan},
		{[]string{"resource"}, "object", "attributes of the resource", func(*View, *Field) Value { return typed(TypeResource) }, perResource},
		{[]string{"events"}, "array", "events: time_unix_nano, name, attributes", func(*View, *Field) Value { return typed(TypeEvents) }, perSpan},
		{[]string{"links"}, "array", "links: trace_id, span_id, trace_state, attributes", func(*View, *Field) Value { return typed(TypeLinks) }, perSpan},
		{[]string{"project"}, "string", "infra.project of the resource, else the configuration's project", func(v *View, f *Field) Value { return str(or(v.res.Project, f.owner.Identity.Project)) }, perResource},
		{[]string{"profile"}, "string", "infra.profile of the resource, else the configuration's profile", func(v *View, f *Field) Value { return str(or(v.res.Profile, f.owner.Identity.Profile)) }, perResource},
		{[]string{"role"}, "string", "infra.role of the resource, else the configuration's role", func(v *View, f *Field) Value { return str(or(v.res.Role, f.owner.Identity.Role)) }, perResource},
		{[]string{"node"}, "string", "infra.node of the resource, else the configuration's node", func(v *View, f *Field) Value { return str(or(v.res.Node, f.owner.Identity.Node)) }, perResource},
		{[]string{"flag"}, "string", "flag of the connection", func(_ *View, f *Field) Value { return str(f.owner.Flag) }, perResource},
		{[]string{"process", "location"}, "string", "this process: program, process id and host, as NAME:ID@HOST", func(*View, *Field) Value { return str(process()) }, perResource},
		{[]string{"instance", "connection"}, "string", "name of the connection", func(_ *View, f *Field) Value { return str(f.owner.Connection) }, perResource},
		{[]string{"driver"}, "string", "driver of the connection", func(_ *View, f *Field) Value { return str(f.owner.Driver) }, perResource},
		{[]string{"trace_state", "traceState"}, "string", "W3C tracestate; its ot member says what the span stands for", func(*View, *Field) Value { return typed(TypeTraceState) }, perSpan},
		{[]string{"trace_flags", "traceFlags"}, "integer", "W3C trace flags; 1 is sampled", func(v *View, _ *Field) Value { return num(int64(v.Context.TraceFlags())) }, perSpan},
		{[]string{"scope_name", "scopeName"}, "string", "name of the instrumentation scope", func(v *View, _ *Field) Value { return str(v.scope().Name) }, perSpan},
		{[]string{"scope_version", "scopeVersion"}, "string", "version of the instrumentation scope", func(v *View, _ *Field) Value { return str(v.scope().Version) }, perSpan},
		{[]string{"dropped_attributes_count"}, "integer", "attributes that a limit dropped", func(v *View, _ *Field) Value { return num(int64(v.Span.DroppedAttributes())) }, perSpan},
		{[]string{"dropped_events_count"}, "integer", "events that a limit dropped", func(v *View, _ *Field) Value { return num(int64(v.Span.DroppedEvents())) }, perSpan},
		{[]string{"dropped_links_count"}, "integer", "links that a limit dropped", func(v *View, _ *Field) Value { return num(int64(v.Span.DroppedLinks())) }, perSpan},
	}
}

func floorMillis(nano int64) int64 {
	ms := nano / 1e6
	if nano%1e6 < 0 {
		ms--
	}
	return ms
}

func statusCode(v *View, _ *Field) Value {
	if v.OK() {
		return str("STATUS_CODE_OK")
	}
	return str("STATUS_CODE_ERROR")
}

func code(v *View, _ *Field) Value {
	switch {
	case v.hasCode:
		return num(v.code)
	case v.OK():
		return num(0)
	default:
		return num(1)
	}
}
