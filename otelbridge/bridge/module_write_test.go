package bridge_test

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/tracehook/tracehook/exporter/memory"
)

// olderSpan is the framework's own span as its documents have it.
type olderSpan struct {
	TraceId       string         `json:"trace_id"`       //nolint:revive // the framework's spelling
	SpanId        string         `json:"span_id"`        //nolint:revive // the framework's spelling
	ParentSpanId  string         `json:"parent_span_id"` //nolint:revive // the framework's spelling
	Name          string         `json:"name"`
	Status        string         `json:"status"`
	StatusMessage string         `json:"status_message"`
	StartMs       int64          `json:"start_ms"`
	EndMs         int64          `json:"end_ms"`
	Attributes    map[string]any `json:"attributes"`
}

func TestSpansThatAreWrittenAsTheFrameworkHasThem(t *testing.T) {
	t.Parallel()
	kept := memory.New()
	m := newModule(quiet(), withKept(kept))
	m.Write(infraSpan{Name: "too early"})
	m.Config(map[string]any{"trace": map[string]any{"driver": "kept"}})
	m.Open()
	const traceID, spanID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	attrs := map[string]any{"n": 3}
	m.Write(infraSpan{
		TraceId: traceID, SpanId: spanID, Name: "written", Kind: "http", ServiceName: "web", Target: "index",
		Status: "fail", Code: 1, Result: "no", Start: 1_000_000_000, End: 3_000_000_000, Attributes: attrs,
	})
	m.Write(&infraSpan{TraceId: traceID, SpanId: "00000000000000aa", ParentSpanId: spanID, Name: "below"})
	m.Write(olderSpan{TraceId: "tr18eca463b191b25341", SpanId: "sp1", Name: "older", Status: "error", StatusMessage: "no", StartMs: 1000, EndMs: 3000})
	m.Write(olderSpan{TraceId: "tr18eca463b191b25341", SpanId: "sp2", ParentSpanId: "sp1", Name: "older below"})
	m.Write(infraSpan{Name: "without ids"})
	for _, other := range []any{nil, 3, "x", (*infraSpan)(nil), struct{}{}, []infraSpan{{}}} {
		m.Write(other)
	}
	m.Stop()
	m.Close()
	m.Write(infraSpan{Name: "too late"})
	spans := map[string]int{}
	for i, s := range kept.Spans() {
		spans[s.Name()] = i
	}
	get := func(name string) (traceID, spanID, parent string) {
		i, ok := spans[name]
		if !ok {
			t.Fatalf("there is no span %q in %v", name, spans)
		}
		s := kept.Spans()[i]
		return s.SpanContext().TraceID().String(), s.SpanContext().SpanID().String(), s.Parent().SpanID().String()
	}
	if a, b, _ := get("written"); a != traceID || b != spanID {
		t.Errorf("written has the ids %s %s", a, b)
	}
	if a, _, p := get("below"); a != traceID || p != spanID {
		t.Errorf("below is in trace %s, its parent is %s", a, p)
	}
	older, parent, _ := get("older")
	if a, _, p := get("older below"); a != older || p != parent {
		t.Errorf("older below is in trace %s below %s, want %s below %s", a, p, older, parent)
	}
	get("without ids")
	if len(spans) != 6 || spans["unnamed"] == 0 && len(kept.Spans()) != 6 { // struct{} has no name
		t.Errorf("the spans are %v", spans)
	}
	for _, name := range []string{"written", "older"} {
		s := kept.Spans()[spans[name]]
		if s.EndTime().Sub(s.StartTime()) != 2*time.Second || s.Status().Code != codes.Error || s.Status().Description != "no" {
			t.Errorf("%s took %v with status %+v", name, s.EndTime().Sub(s.StartTime()), s.Status())
		}
	}
	if _, changed := attrs["service"]; changed || len(attrs) != 1 {
		t.Errorf("the caller's map was changed: %v", attrs)
	}
}
