package otelhook_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

// A header that is parsed under an open span becomes a link of that span, whatever is begun below
// it in the meantime.
func TestTheLinkToTheCallerSurvivesChildren(t *testing.T) {
	t.Parallel()
	hook, tp, exp := newHook(t)
	infra := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	ours, theirs := tracehook.NewMeta(), newInfraMeta()
	for name, m := range map[string]struct {
		begin     func(name string) tracehook.TraceSpan
		event     func(name string)
		parse     func()
		traceID   func() string
		afterward func() (traceID, spanID string)
	}{
		"ours": {
			begin:     func(name string) tracehook.TraceSpan { return hook.Begin(ours, name, nil) },
			event:     func(name string) { _ = hook.Trace(ours, name, "", nil) },
			parse:     func() { ours.ParseTraceParent(remoteHeader) },
			traceID:   func() string { return ours.TraceId() },
			afterward: func() (string, string) { return ours.TraceId(), ours.SpanId() },
		},
		"the framework's": {
			begin:     func(name string) tracehook.TraceSpan { return infra.Begin(theirs, name, nil) },
			event:     func(name string) { _ = infra.Trace(theirs, name, "", nil) },
			parse:     func() { theirs.Parse(remoteTrace, remoteSpan) },
			traceID:   func() string { return theirs.TraceId() },
			afterward: func() (string, string) { return theirs.TraceId(), theirs.SpanId() },
		},
	} {
		for shape, handler := range map[string]func(){
			"no child":  func() {},
			"a child":   func() { m.begin("child").End() },
			"an event":  func() { m.event("event") },
			"children":  func() { m.begin("child").End(); m.begin("child").End() },
			"deep ones": func() { a, b := m.begin("child"), m.begin("grandchild"); b.End(); a.End() },
		} {
			exp.Reset()
			server := m.begin("server")
			own := m.traceID()
			m.parse()
			handler()
			server.End()
			if traceID, spanID := m.afterward(); traceID != remoteTrace || spanID != "" {
				t.Errorf("%s, %s: after the last End it is in trace %s at %q, want the caller's", name, shape, traceID, spanID)
			}
			m.begin("next").End()

			for _, s := range exp.GetSpans() {
				links := 0
				if s.Name == "server" {
					links = 1
				}
				if len(s.Links) != links || links == 1 && s.Links[0].SpanContext.SpanID().String() != remoteSpan {
					t.Errorf("%s, %s: %s has the links %+v, want %d", name, shape, s.Name, s.Links, links)
				}
				if s.Name != "next" && s.SpanContext.TraceID().String() != own {
					t.Errorf("%s, %s: %s is in trace %s, want the server's %s", name, shape, s.Name, s.SpanContext.TraceID(), own)
				}
				if s.Name == "next" && s.Parent.SpanID().String() != remoteSpan {
					t.Errorf("%s, %s: the next span has the parent %s", name, shape, s.Parent.SpanID())
				}
			}
			// The next round begins outside of any trace.
			ours, theirs = tracehook.NewMeta(), newInfraMeta()
		}
	}
}

// What a bus sets under an open span is a link, too: both ids of the sender.
func TestIDsThatABusSetsUnderAnOpenSpan(t *testing.T) {
	t.Parallel()
	_, tp, exp := newHook(t)
	hook := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	m := newInfraMeta()
	span := hook.Begin(m, "receive", nil)
	m.TraceId(remoteTrace)
	m.SpanId(remoteSpan)
	m.ParentSpanId("00000000000000aa")
	hook.Begin(m, "child", nil).End()
	span.End()
	s := byName(t, exp)["receive"]
	if len(s.Links) != 1 || s.Links[0].SpanContext.SpanID().String() != remoteSpan {
		t.Errorf("links %+v, want one to the sender's span", s.Links)
	}
	if got := idsOf(m); got.Trace != remoteTrace || got.Span != remoteSpan {
		t.Errorf("afterwards the Meta says %+v, want what it was told", got)
	}
}

func TestTheContextHoldsWhatWasReceived(t *testing.T) { // not parallel: Attach is process-wide
	hook, tp, exp := newHook(t)
	tracehook.Attach(hook)
	defer tracehook.Attach(nil)
	for name, receive := range map[string]func(m *tracehook.Meta){
		"a header": func(m *tracehook.Meta) { m.ParseTraceParent(remoteHeader) },
		"metadata": func(m *tracehook.Meta) {
			m.Metadata(tracehook.Metadata{TraceParent: remoteHeader, Baggage: "user=123"})
		},
		"ids":            func(m *tracehook.Meta) { m.TraceId(remoteTrace); m.SpanId(remoteSpan) },
		"twice":          func(m *tracehook.Meta) { m.TraceId(remoteSpan); _ = m.Context(); m.ParseTraceParent(remoteHeader) },
		"before context": func(m *tracehook.Meta) { m.ParseTraceParent(remoteHeader); m.WithContext(t.Context()) },
	} {
		m := tracehook.NewMeta()
		receive(m)
		before := m.Metadata()
		check := func(when string) {
			t.Helper()
			ctx := m.Context()
			sc := trace.SpanContextFromContext(ctx)
			if sc.TraceID().String() != remoteTrace || sc.SpanID().String() != remoteSpan || !sc.IsRemote() {
				t.Errorf("%s, %s: the context holds %+v", name, when, sc)
			}
			if got := baggage.FromContext(ctx).String(); got != before.Baggage {
				t.Errorf("%s, %s: baggage %q, want %q", name, when, got, before.Baggage)
			}
			if m.TraceParent() != remoteHeader || m.Metadata() != before {
				t.Errorf("%s, %s: it is at %+v, before %+v", name, when, m.Metadata(), before)
			}
			exp.Reset()
			_, span := tp.Tracer("other").Start(ctx, "other")
			span.End()
			if p := byName(t, exp)["other"].Parent.SpanID().String(); p != remoteSpan {
				t.Errorf("%s, %s: a span of the SDK has the parent %s", name, when, p)
			}
		}
		check("before Begin")
		m.Begin("first").End()
		check("after End")
	}
}

func TestReceivedIDsCanBeTakenBack(t *testing.T) { // not parallel: Attach is process-wide
	hook, _, _ := newHook(t)
	tracehook.Attach(hook)
	defer tracehook.Attach(nil)
	m := tracehook.NewMeta()
	m.ParseTraceParent(remoteHeader)
	m.Begin("first").End()
	m.Metadata(tracehook.Metadata{})
	if sc := trace.SpanContextFromContext(m.Context()); sc.IsValid() || m.TraceId() != "" {
		t.Errorf("the context still holds %v, the Meta is in trace %q", sc.SpanID(), m.TraceId())
	}
}

func TestWhatIsExtractedCountsMoreThanWhatCameBefore(t *testing.T) {
	t.Parallel()
	hook, _, _ := newHook(t)
	m := tracehook.NewMeta()
	m.ParseTraceParent(remoteHeader)
	later := "00-000000000000000000000000000000bb-00000000000000bb-01"
	if !hook.Extract(m, propagation.MapCarrier{"traceparent": later}) || m.TraceParent() != later {
		t.Errorf("the Meta is at %s, want %s", m.TraceParent(), later)
	}
	hook.Begin(m, "s", nil).End()
	if m.TraceParent() != later {
		t.Errorf("after a span the Meta is at %s, want %s", m.TraceParent(), later)
	}
}

func TestParseTraceParentAgreesWithThePropagator(t *testing.T) {
	t.Parallel()
	for _, header := range traceParents() {
		sameTraceParent(t, header)
	}
}

func FuzzParseTraceParentAgreesWithThePropagator(f *testing.F) {
	for _, header := range traceParents() {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) { sameTraceParent(t, header) })
}

func traceParents() []string {
	const ids = remoteTrace + "-" + remoteSpan
	list := []string{"", " " + remoteHeader, remoteHeader + " ", remoteHeader + "-", remoteHeader + "x"}
	for _, version := range []string{"00", "01", "0a", "0A", "fe", "ff", "zz"} {
		for _, flags := range []string{"00", "01", "02", "03", "04", "ff", "FF", "0", "01-", "01-x", "01x"} {
			list = append(list, version+"-"+ids+"-"+flags)
		}
	}
	return append(list,
		"00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
		"00-00000000000000000000000000000000-"+remoteSpan+"-01",
		"00-"+remoteTrace+"-0000000000000000-01")
}

func sameTraceParent(t *testing.T, header string) {
	t.Helper()
	sc := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(t.Context(), propagation.MapCarrier{"traceparent": header}))
	m := tracehook.NewMeta()
	if len(header) == len(remoteHeader)+1 && strings.HasPrefix(header, "00-") && strings.HasSuffix(header, "-") {
		return // the propagator lets this one pass, against W3C
	}
	if ok := m.ParseTraceParent(header); ok != sc.IsValid() {
		t.Errorf("ParseTraceParent(%q) = %t, the propagator says %t", header, ok, sc.IsValid())
		return
	}
	if !sc.IsValid() {
		return
	}
	out := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(trace.ContextWithRemoteSpanContext(t.Context(), sc), out)
	if got := m.TraceParent(); got != out["traceparent"] {
		t.Errorf("%q is passed on as %q, by the propagator as %q", header, got, out["traceparent"])
	}
}

func TestPropagatorsThatTakeNothingAlong(t *testing.T) {
	t.Parallel()
	begin := func(p propagation.TextMapPropagator) tracehook.Metadata {
		_, tp, _ := newHook(t)
		hook := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp, otelhook.WithPropagator(p))
		m := tracehook.NewMeta()
		m.Metadata(tracehook.Metadata{TraceParent: remoteHeader, Baggage: "user=123"})
		defer hook.Begin(m, "s", nil).End()
		if p.Fields() == nil && m.TraceId() == remoteTrace {
			t.Error("a parent was taken although the propagators are none")
		}
		if p.Fields() == nil && m.TraceParent() != "" {
			t.Errorf("TraceParent is %s although the propagators are none", m.TraceParent())
		}
		return m.Metadata()
	}
	if d := begin(propagation.NewCompositeTextMapPropagator()); d != (tracehook.Metadata{}) {
		t.Errorf("with none, the metadata are %+v", d)
	}
	if d := begin(propagation.TraceContext{}); d.TraceId != remoteTrace || d.Baggage != "" {
		t.Errorf("with tracecontext alone, the metadata are %+v", d)
	}
	if d := begin(propagation.Baggage{}); d.Baggage != "user=123" {
		t.Errorf("with baggage alone, the metadata are %+v", d)
	}
}

// infraErrorSpan is the framework's span as its documents have it: the older generation.
type infraErrorSpan interface{ End(errs ...error) }

type infraErrorHook interface {
	Begin(meta *infraMeta, name string, attrs infraMap) infraErrorSpan
	Trace(meta *infraMeta, name, status string, attrs infraMap) error
}

func TestSpansThatEndWithErrorsOnly(t *testing.T) {
	t.Parallel()
	_, tp, exp := newHook(t)
	own := otelhook.NewHook[*infraMeta, infraErrorSpan](tp)
	if err := own.Err(); err != nil {
		t.Fatal(err)
	}
	var hook infraErrorHook = own
	m := newInfraMeta()
	hook.Begin(m, "fine", nil).End()
	hook.Begin(m, "nil", nil).End(nil)
	failed := hook.Begin(m, "failed", nil)
	failed.End(nil, errors.New("no"))
	failed.End()
	func() {
		defer func() { _ = recover() }()
		defer hook.Begin(m, "panicked", nil).End()
		panic("oh") //nolint:forbidigo // this is what it is for
	}()
	spans := byName(t, exp)
	if len(spans) != 4 {
		t.Fatalf("%d spans", len(spans))
	}
	for name, want := range map[string]string{"failed": "no", "panicked": "panic: oh"} {
		if st := spans[name].Status; st.Code != codes.Error || st.Description != want {
			t.Errorf("%s has status %+v", name, st)
		}
	}
	for _, name := range []string{"fine", "nil"} {
		if st := spans[name].Status; st.Code != codes.Unset {
			t.Errorf("%s has status %+v", name, st)
		}
	}
}

func TestEndLooksAtTheErrorThatAPointerNames(t *testing.T) {
	t.Parallel()
	hook, _, exp := newHook(t)
	work := func(name string, fail error) (err error) {
		defer hook.Begin(nil, name, nil).End(&err)
		return fail
	}
	_ = work("fine", nil)
	_ = work("failed", errors.New("no"))
	_ = work("nil inside", (*nilError)(nil))
	hook.Begin(nil, "no pointer", nil).End((*error)(nil))
	spans := byName(t, exp)
	if st := spans["failed"].Status; st.Code != codes.Error || st.Description != "no" {
		t.Errorf("failed has status %+v", st)
	}
	for _, name := range []string{"fine", "nil inside", "no pointer"} {
		if st := spans[name].Status; st.Code != codes.Unset {
			t.Errorf("%s has status %+v", name, st)
		}
	}
}

type nilError struct{}

func (*nilError) Error() string { return "" }

// greedy adds to the map that it is in.
type greedy struct{ in map[string]any }

func (g greedy) String() string {
	for i := range 40 {
		g.in[string(rune('A'+i))] = i
	}
	return "done"
}

func TestAValueThatChangesItsMap(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		hook, _, exp := newHook(t)
		attrs := map[string]any{"service": "s"}
		for i := range n {
			attrs["greedy"+string(rune('a'+i))] = greedy{attrs}
		}
		hook.Begin(nil, "s", attrs).End()
		got := map[string]string{}
		for _, kv := range byName(t, exp)["s"].Attributes {
			got[string(kv.Key)] = kv.Value.String()
		}
		for i := range n {
			if got["greedy"+string(rune('a'+i))] != "done" {
				t.Errorf("of %d, attribute %d is missing: %v", n, i, got)
			}
		}
		if got["tracehook.service"] != "s" {
			t.Errorf("the service is %q", got["tracehook.service"])
		}
	}
}

// A context deep below the spans that are open costs no more than a shallow one.
func TestBeginDoesNotWalkTheContext(t *testing.T) {
	t.Parallel()
	counted := &counting{Context: t.Context()}
	hook, _, _ := newHook(t)
	m := tracehook.NewMeta().WithContext(counted)
	for range 3 {
		hook.Begin(m, "never ended", nil)
	}
	before := counted.asked
	hook.Begin(m, "s", nil).End()
	if counted.asked != before {
		t.Errorf("the context below four spans was asked %d times", counted.asked-before)
	}
}

// counting is a context that counts who asks.
type counting struct {
	context.Context
	asked int
}

func (c *counting) Value(key any) any {
	c.asked++
	return c.Context.Value(key)
}
