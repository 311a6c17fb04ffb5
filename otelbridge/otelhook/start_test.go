package otelhook_test

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

func TestStartOptionsReachTheSpan(t *testing.T) { // not parallel: Attach is process-wide
	hook, tp, exp := newHook(t)
	tracehook.Attach(hook)
	defer tracehook.Attach(nil)
	infra := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	began := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	link := trace.Link{
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}),
		Attributes:  []attribute.KeyValue{attribute.Int("n", 1)},
	}
	start := otelhook.StartOptions(trace.WithTimestamp(began), trace.WithLinks(link), trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(attribute.IntSlice("batch", []int{1, 2})))
	for name, do := range map[string]func(){
		"Begin":           func() { tracehook.NewMeta().Begin("Begin", tracehook.TraceAttrs("jobs", "event", "x"), start).End() },
		"Begin alone":     func() { tracehook.NewMeta().Begin("Begin alone", start).End() },
		"Trace":           func() { _ = tracehook.NewMeta().Trace("Trace", start, tracehook.Map{"status": "ok"}) },
		"the framework's": func() { infra.Begin(newInfraMeta(), "the framework's", start).End() },
	} {
		exp.Reset()
		do()
		s := byName(t, exp)[name]
		if !s.StartTime.Equal(began) || s.SpanKind != trace.SpanKindProducer {
			t.Errorf("%s began at %v as %v", name, s.StartTime, s.SpanKind)
		}
		if len(s.Links) != 1 || !s.Links[0].SpanContext.Equal(link.SpanContext) || len(s.Links[0].Attributes) != 1 {
			t.Errorf("%s has the links %+v", name, s.Links)
		}
		batch, n := "", 0
		for _, kv := range s.Attributes {
			if n++; kv.Key == "batch" {
				batch = kv.Value.Type().String()
			}
			if kv.Key == "tracehook.start_options" {
				t.Errorf("%s has an attribute %s", name, kv.Key)
			}
		}
		if batch != "INT64SLICE" {
			t.Errorf("%s has the attributes %+v", name, s.Attributes)
		}
		if name == "Trace" && !s.EndTime.Equal(began) {
			t.Errorf("the event began at %v and ended at %v", s.StartTime, s.EndTime)
		}
	}
	exp.Reset()
	tracehook.NewMeta().Begin("next").End()
	if s := byName(t, exp)["next"]; len(s.Links) > 0 || len(s.Attributes) > 0 || s.SpanKind != trace.SpanKindInternal {
		t.Errorf("the next span has what the one before was given: %+v", s)
	}
	exp.Reset()
	hook.Begin(nil, "odd", tracehook.Map{"tracehook.start_options": 3}).End()
	if s := byName(t, exp)["odd"]; len(s.Attributes) != 1 {
		t.Errorf("a value that is none is no attribute: %+v", s.Attributes)
	}
}

func TestStartOptionsOfANewRoot(t *testing.T) {
	t.Parallel()
	hook, _, exp := newHook(t)
	m := tracehook.NewMeta()
	outer := hook.Begin(m, "outer", nil)
	inner := hook.Begin(m, "inner", otelhook.StartOptions(trace.WithNewRoot()))
	hook.Begin(m, "below", nil).End()
	inner.End()
	hook.Begin(m, "again", nil).End()
	outer.End()
	s := byName(t, exp)
	if s["inner"].Parent.IsValid() || s["below"].Parent.SpanID() != s["inner"].SpanContext.SpanID() || s["again"].Parent.SpanID() != s["outer"].SpanContext.SpanID() {
		t.Errorf("parents: inner %v, below %v, again %v", s["inner"].Parent.SpanID(), s["below"].Parent.SpanID(), s["again"].Parent.SpanID())
	}
}
