package otelhook_test

import (
	"net/http"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

func TestMetadataCarriesFlagsStateAndBaggage(t *testing.T) {
	t.Parallel()
	hook, tp, exp := newHook(t)
	remote := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, Remote: true,
	})
	state, err := trace.ParseTraceState("vendor=1,ot=th:8")
	if err != nil {
		t.Fatal(err)
	}
	member, err := baggage.NewMember("user", "123")
	if err != nil {
		t.Fatal(err)
	}
	bag, err := baggage.New(member)
	if err != nil {
		t.Fatal(err)
	}
	ctx := baggage.ContextWithBaggage(trace.ContextWithRemoteSpanContext(t.Context(), remote.WithTraceState(state)), bag)

	sender := tracehook.NewMeta().WithContext(ctx)
	span := hook.Begin(sender, "send", nil)
	data := sender.Metadata()
	span.End()
	sent := byName(t, exp)["send"].SpanContext
	if data.TraceId != sent.TraceID().String() || data.SpanId != sent.SpanID().String() || data.ParentSpanId != remote.SpanID().String() {
		t.Errorf("ids in the metadata: %+v", data)
	}
	if data.TraceParent != "00-"+data.TraceId+"-"+data.SpanId+"-01" || data.TraceState != "vendor=1,ot=th:8" || data.Baggage != "user=123" {
		t.Errorf("headers in the metadata: %+v", data)
	}

	receiver := tracehook.NewMeta()
	receiver.Metadata(data)
	span = hook.Begin(receiver, "receive", nil)
	if got := baggage.FromContext(receiver.Context()).Member("user").Value(); got != "123" {
		t.Errorf("baggage %q arrived", got)
	}
	_, below := tp.Tracer("other").Start(receiver.Context(), "below")
	below.End()
	span.End()
	spans := byName(t, exp)
	got := spans["receive"]
	if !got.Parent.IsRemote() || got.Parent.SpanID() != sent.SpanID() || got.SpanContext.TraceState().String() != "vendor=1,ot=th:8" {
		t.Errorf("received under %+v", got.Parent)
	}
	if spans["below"].Parent.SpanID() != got.SpanContext.SpanID() {
		t.Error("a span of the SDK isn't below it")
	}
	if receiver.SpanId() != data.SpanId {
		t.Errorf("after the span the Meta is at %q, want the sender's span again", receiver.SpanId())
	}
}

func TestMetadataThatIsNotSampledStaysSo(t *testing.T) {
	t.Parallel()
	hook, _, exp := newHook(t) // the SDK's default sampler respects its parent
	m := tracehook.NewMeta()
	m.Metadata(tracehook.Metadata{TraceParent: "00-" + remoteTrace + "-" + remoteSpan + "-00", Baggage: "not;a;baggage\x00"})
	span := hook.Begin(m, "s", nil)
	if got := m.TraceParent(); got[len(got)-2:] != "00" || m.TraceId() != remoteTrace {
		t.Errorf("TraceParent = %s", got)
	}
	span.End()
	if n := len(exp.GetSpans()); n != 0 {
		t.Errorf("%d spans were recorded below one that wasn't sampled", n)
	}
}

func TestExtractAndInject(t *testing.T) {
	t.Parallel()
	hook, tp, exp := newHook(t)
	in := propagation.HeaderCarrier(http.Header{"Traceparent": {remoteHeader}, "Tracestate": {"a=b"}, "Baggage": {"user=123"}})

	m := tracehook.NewMeta()
	if !hook.Extract(m, in) {
		t.Error("Extract found nothing")
	}
	if m.TraceId() != remoteTrace || m.ParentSpanId() != remoteSpan || m.SpanId() != "" || m.TraceParent() != remoteHeader {
		t.Errorf("ids after Extract: %+v", m.Metadata())
	}
	_, plain := tp.Tracer("other").Start(m.Context(), "plain")
	plain.End()
	span := hook.Begin(m, "begun", nil)
	out := propagation.HeaderCarrier(http.Header{})
	hook.Inject(m, out)
	if want := m.TraceParent(); out.Get("traceparent") != want || out.Get("tracestate") != "a=b" || out.Get("baggage") != "user=123" {
		t.Errorf("injected %v, want %s with tracestate and baggage", out, want)
	}
	span.End()
	for name, s := range byName(t, exp) {
		if s.Parent.SpanID().String() != remoteSpan || !s.Parent.IsRemote() {
			t.Errorf("%s is below %s", name, s.Parent.SpanID())
		}
	}

	if m.SpanId() != "" || m.ParentSpanId() != remoteSpan {
		t.Errorf("after the span: %+v, want the remote span as parent again", m.Metadata())
	}
	unsampled := remoteHeader[:53] + "00"
	m = tracehook.NewMeta()
	hook.Extract(m, propagation.MapCarrier{"traceparent": unsampled})
	if got := m.TraceParent(); got != unsampled {
		t.Errorf("TraceParent = %s, want %s", got, unsampled)
	}

	f := newInfraMeta()
	other := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	if !other.Extract(f, in) || f.TraceId() != remoteTrace || f.ParentSpanId() != remoteSpan || f.SpanId() != "" {
		t.Errorf("ids of a framework's Meta after Extract: %+v", idsOf(f))
	}

	empty := tracehook.NewMeta()
	if hook.Extract(empty, propagation.MapCarrier{"traceparent": "nonsense"}) || hook.Extract(nil, in) {
		t.Error("Extract found something")
	}
	nothing := propagation.MapCarrier{}
	hook.Inject(empty, nothing)
	hook.Inject(nil, nothing)
	if len(nothing) != 0 {
		t.Errorf("injected %v outside of any trace", nothing)
	}
}

func TestExtractUnderAnOpenSpanLinks(t *testing.T) {
	t.Parallel()
	_, tp, exp := newHook(t)
	hook := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	m := newInfraMeta()
	span := hook.Begin(m, "s", nil)
	id := m.SpanId()
	if !hook.Extract(m, propagation.MapCarrier{"traceparent": remoteHeader, "baggage": "user=123"}) {
		t.Error("Extract found nothing")
	}
	if m.SpanId() != id || baggage.FromContext(m.Context()).Member("user").Value() != "123" {
		t.Errorf("span %s, want %s; baggage %v", m.SpanId(), id, baggage.FromContext(m.Context()))
	}
	span.End()
	s := byName(t, exp)["s"]
	if s.Parent.IsValid() || len(s.Links) != 1 || s.Links[0].SpanContext.SpanID().String() != remoteSpan {
		t.Errorf("parent %v, links %v", s.Parent, s.Links)
	}
	if trace.SpanContextFromContext(m.Context()).IsValid() {
		t.Error("the ended span is current")
	}
}

func TestInjectPassesOnWhatWasReceived(t *testing.T) {
	t.Parallel()
	_, tp, _ := newHook(t)
	hook := otelhook.NewHook[*infraMeta, infraTraceSpan](tp, otelhook.WithPropagator(propagation.TraceContext{}))
	m := newInfraMeta()
	m.Parse(remoteTrace, remoteSpan)
	out := propagation.MapCarrier{}
	hook.Inject(m, out)
	if out["traceparent"] != remoteHeader || len(out) != 1 {
		t.Errorf("injected %v", out)
	}
}

func TestHookOptions(t *testing.T) {
	t.Parallel()
	_, tp, exp := newHook(t)
	hook := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp,
		otelhook.WithTracerName("mine"), otelhook.WithTracerName(""), otelhook.WithPropagator(nil),
		otelhook.WithStats(func() map[string]any { return map[string]any{"started": true} }))
	hook.Begin(nil, "s", nil).End()
	if got := exp.GetSpans()[0].InstrumentationScope; got.Name != "mine" || got.Version != "" {
		t.Errorf("scope %+v", got)
	}
	if hook.Stats()["started"] != true {
		t.Errorf("Stats = %v", hook.Stats())
	}
	global := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](nil)
	global.Begin(nil, "nowhere", nil).End()
	if global.Stats() != nil || len(exp.GetSpans()) != 1 {
		t.Error("a hook on the global provider uses another's")
	}
}

// Spans of the hook say by which version of this module they were made, whichever provider makes them.
func TestSpansNameTheVersion(t *testing.T) { // not parallel: it sets the global provider
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) }) //nolint:forbidigo // as it was
	hook, tp, exp := newHook(t)
	otel.SetTracerProvider(tp) //nolint:forbidigo // as an application does
	hook.Begin(nil, "a", nil).End()
	otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](nil).Begin(nil, "b", nil).End()
	want := instrumentation.Scope{Name: "github.com/tracehook/tracehook", Version: tracehook.Version}
	for _, s := range exp.GetSpans() {
		if s.InstrumentationScope != want {
			t.Errorf("the scope of %s is %+v, want %+v", s.Name, s.InstrumentationScope, want)
		}
	}
	if n := len(exp.GetSpans()); n != 2 {
		t.Errorf("%d spans", n)
	}
}

func FuzzMetadataToASpan(f *testing.F) {
	f.Add(remoteTrace, remoteSpan, "", remoteHeader, "a=b", "c=d")
	f.Add("x", "", remoteSpan, "", ",,,", ";;")
	hook, _, exp := newHook(f)
	f.Fuzz(func(t *testing.T, tid, sid, psid, tp, ts, bg string) {
		exp.Reset()
		m := tracehook.NewMeta()
		d := m.Metadata(tracehook.Metadata{TraceId: tid, SpanId: sid, ParentSpanId: psid, TraceParent: tp, TraceState: ts, Baggage: bg})
		span := hook.Begin(m, "s", nil)
		if d.TraceParent != "" && m.TraceParent()[:35] != d.TraceParent[:35] {
			t.Errorf("%+v gave %s", d, m.TraceParent())
		}
		if !trace.SpanContextFromContext(m.Context()).IsValid() {
			t.Errorf("no span under %+v", d)
		}
		span.End()
	})
}
