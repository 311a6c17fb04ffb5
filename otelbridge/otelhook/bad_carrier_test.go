package otelhook_test

import (
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

// told is what a carrier is told before a span is begun on it.
type told struct{ trace, span, parent string }

// What a carrier says is a remote parent if it names a trace and a span; a trace alone is the trace of a
// new root; anything else counts for nothing. A span is begun in any case.
func TestCarriersThatAreToldNonsense(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 1<<20)
	for name, tc := range map[string]struct {
		told
		trace, parent string // of the span; "" for a new trace and no parent
	}{
		"ids":                          {told{remoteTrace, remoteSpan, ""}, remoteTrace, remoteSpan},
		"the parent's id alone":        {told{remoteTrace, "", remoteSpan}, remoteTrace, remoteSpan},
		"upper case":                   {told{strings.ToUpper(remoteTrace), strings.ToUpper(remoteSpan), ""}, remoteTrace, remoteSpan},
		"a trace alone":                {told{remoteTrace, "", ""}, remoteTrace, ""},
		"a span alone":                 {told{"", remoteSpan, ""}, "", ""},
		"a parent alone":               {told{"", "", remoteSpan}, "", ""},
		"no hexadecimal trace":         {told{"tr18eca463b191b25341", remoteSpan, ""}, "", ""},
		"no hexadecimal span":          {told{remoteTrace, "sp18eca463b191c7695", ""}, remoteTrace, ""},
		"a span without hex, a parent": {told{remoteTrace, "sp18eca463b191c7695", remoteSpan}, remoteTrace, ""},
		"zeros":                        {told{strings.Repeat("0", 32), strings.Repeat("0", 16), ""}, "", ""},
		"half a trace":                 {told{remoteTrace[:16], remoteSpan, ""}, "", ""},
		"too long":                     {told{remoteTrace + "0", remoteSpan, ""}, "", ""},
		"a megabyte":                   {told{long, long, long}, "", ""},
		"lines":                        {told{"a\r\nb: c", "\x00", "\n"}, "", ""},
		"not UTF-8":                    {told{"\xff\xfe", "\xff", "\xff"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, tp, exp := newHook(t)
			own := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp)
			theirs := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
			check := func(whose string, s, parent trace.SpanContext) {
				t.Helper()
				if !s.IsValid() || tc.trace != "" && s.TraceID().String() != tc.trace || tc.trace == "" && s.TraceID().String() == remoteTrace {
					t.Errorf("%s: the span is in trace %s, want %q", whose, s.TraceID(), tc.trace)
				}
				if got := parent.SpanID().String(); tc.parent != "" && got != tc.parent || tc.parent == "" && parent.SpanID().IsValid() {
					t.Errorf("%s: the parent is %s, want %q", whose, got, tc.parent)
				}
			}
			m := tracehook.NewMeta()
			m.TraceId(tc.told.trace)
			m.SpanId(tc.span)
			m.ParentSpanId(tc.told.parent)
			own.Begin(m, "ours", nil).End()
			_ = own.Trace(m, "event", "", nil)
			i := newInfraMeta()
			i.TraceId(tc.told.trace)
			i.SpanId(tc.span)
			i.ParentSpanId(tc.told.parent)
			theirs.Begin(i, "theirs", nil).End()
			spans := byName(t, exp)
			for _, name := range []string{"ours", "event", "theirs"} {
				check(name, spans[name].SpanContext, spans[name].Parent)
			}
			if got := (told{i.TraceId(), i.SpanId(), i.ParentSpanId()}); got != tc.told {
				t.Errorf("after the span, the framework's carrier says %.100q", got)
			}
			if h := m.TraceParent(); strings.ContainsAny(h, "\r\n\x00") || len(h) > 55 {
				t.Errorf("the header is %.100q", h)
			}
		})
	}
}

// While a span is open, whatever its carrier is told changes neither the span nor its children's trace.
func TestCarriersThatChangeWhileASpanIsOpen(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(m *infraMeta){
		"another trace":     func(m *infraMeta) { m.TraceId(remoteTrace); m.SpanId(remoteSpan) },
		"nothing":           func(m *infraMeta) { m.TraceId(""); m.SpanId(""); m.ParentSpanId("") },
		"nonsense":          func(m *infraMeta) { m.TraceId("x"); m.SpanId("y"); m.ParentSpanId("z") },
		"another span":      func(m *infraMeta) { m.SpanId(remoteSpan) },
		"half of a trace":   func(m *infraMeta) { m.TraceId(remoteTrace[:16]) },
		"a context of none": func(m *infraMeta) { m.WithContext(nil) }, //nolint:staticcheck // what a framework may do
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, tp, exp := newHook(t)
			hook := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
			m := newInfraMeta()
			outer := hook.Begin(m, "outer", nil)
			own := m.TraceId()
			inner := hook.Begin(m, "inner", nil)
			change(m)
			if name != "a context of none" { // which ends the trace, since a carrier's context is where it is
				hook.Begin(m, "child", nil).End()
			}
			inner.End()
			outer.End()
			for n, s := range byName(t, exp) {
				if s.SpanContext.TraceID().String() != own {
					t.Errorf("%s is in trace %s, want %s", n, s.SpanContext.TraceID(), own)
				}
				if n == "child" && s.Parent.SpanID() != byName(t, exp)["inner"].SpanContext.SpanID() {
					t.Errorf("the child's parent is %s", s.Parent.SpanID())
				}
			}
		})
	}
}

// A carrier that goroutines share mixes up parents, which is what Fork is for; it loses no span and
// never comes out of order with itself.
func TestASharedCarrierConcurrentSafe(t *testing.T) {
	t.Parallel()
	_, tp, exp := newHook(t, sdktrace.WithSampler(sdktrace.AlwaysSample()))
	own := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp)
	theirs := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	m, i := tracehook.NewMeta(), newInfraMeta()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				a, b := own.Begin(m, "ours", nil), theirs.Begin(i, "theirs", nil)
				m.ParseTraceParent(remoteHeader)
				i.Parse(remoteTrace, remoteSpan)
				m.TraceId("nonsense")
				own.Begin(m, "ours", nil).End()
				b.End()
				a.End()
			}
		})
	}
	group.Wait()
	if n := len(exp.GetSpans()); n != 8*50*3 {
		t.Errorf("%d spans of %d", n, 8*50*3)
	}
	m, i = tracehook.NewMeta(), newInfraMeta()
	exp.Reset()
	own.Begin(m, "ours", nil).End()
	theirs.Begin(i, "theirs", nil).End()
	for name, s := range byName(t, exp) {
		if s.Parent.IsValid() {
			t.Errorf("%s on a new carrier has a parent", name)
		}
	}
}
