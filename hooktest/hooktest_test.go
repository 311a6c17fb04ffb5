package hooktest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/hooktest"
	"github.com/tracehook/tracehook/otelbridge"
)

// broken is a good hook with one thing wrong.
type broken struct {
	tracehook.TraceHook
	begin func(good tracehook.TraceHook, m *tracehook.Meta, name string, attrs tracehook.Map) tracehook.TraceSpan
	trace func(good tracehook.TraceHook, m *tracehook.Meta, name, status string, attrs tracehook.Map) error
}

func (b broken) Begin(m *tracehook.Meta, name string, attrs tracehook.Map) tracehook.TraceSpan {
	if b.begin == nil {
		return b.TraceHook.Begin(m, name, attrs)
	}
	return b.begin(b.TraceHook, m, name, attrs)
}

func (b broken) Trace(m *tracehook.Meta, name, status string, attrs tracehook.Map) error {
	if b.trace == nil {
		return b.TraceHook.Trace(m, name, status, attrs)
	}
	return b.trace(b.TraceHook, m, name, status, attrs)
}

type ender func(...any)

func (e ender) End(results ...any) { e(results...) }

// swallower is a span that keeps panics to itself.
type swallower struct{ good tracehook.TraceSpan }

func (s swallower) End(results ...any) {
	if v := recover(); v != nil {
		results = append(results, fmt.Errorf("panic: %v", v))
	}
	s.good.End(results...)
}

// setup breaks the hook of package otelbridge.
func setup(b broken) hooktest.Setup {
	return func() (tracehook.TraceHook, func() []hooktest.Span) {
		exp := tracetest.NewInMemoryExporter()
		tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exp))
		b.TraceHook = otelbridge.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp)
		return b, func() []hooktest.Span {
			var out []hooktest.Span
			for _, s := range exp.GetSpans() {
				span := hooktest.Span{
					Name: s.Name, TraceID: s.SpanContext.TraceID().String(), SpanID: s.SpanContext.SpanID().String(),
					Failed: s.Status.Code == codes.Error, Text: s.Status.Description,
				}
				if s.Parent.SpanID().IsValid() {
					span.ParentID = s.Parent.SpanID().String()
				}
				out = append(out, span)
			}
			return out
		}
	}
}

func TestCheckFindsNothingWrongWithAGoodHook(t *testing.T) {
	t.Parallel()
	if err := hooktest.Check(setup(broken{})); err != nil {
		t.Error(err)
	}
}

func TestCheckNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	type hook = tracehook.TraceHook
	type meta = *tracehook.Meta
	type attrs = tracehook.Map
	type span = tracehook.TraceSpan
	tests := []struct {
		name, want string
		give       broken
	}{
		{"every span is named internal", "names and attributes are the caller's", broken{begin: func(h hook, m meta, _ string, a attrs) span {
			return h.Begin(m, "internal", a)
		}}},
		{"attributes are changed", "names and attributes are the caller's", broken{trace: func(h hook, m meta, n, s string, a attrs) error {
			delete(a, "status")
			return h.Trace(m, n, s, a)
		}}},
		{"Begin returns nil", "Begin(\"root\") returned nil", broken{begin: func(hook, meta, string, attrs) span { return nil }}},
		{"parents are forgotten", "a span is below the one that encloses it", broken{begin: func(h hook, _ meta, n string, a attrs) span {
			return h.Begin(nil, n, a)
		}}},
		{"a nil Meta panics", "without a Meta a span is a root: panic", broken{begin: func(h hook, m meta, n string, a attrs) span {
			if m == nil {
				panic("no Meta") //nolint:forbidigo // what the kit must survive
			}
			return h.Begin(m, n, a)
		}}},
		{"errors are ignored", "results decide the status", broken{begin: func(h hook, m meta, n string, a attrs) span {
			s := h.Begin(m, n, a)
			return ender(func(...any) { s.End() })
		}}},
		{"an event's status is lost", "an event has its status and its text", broken{trace: func(h hook, m meta, n, _ string, a attrs) error {
			return h.Trace(m, n, "", a)
		}}},
		{"Trace fails", "out of order", broken{trace: func(hook, meta, string, string, attrs) error { return errors.New("out of order") }}},
		{"a second End counts", "only the first End counts", broken{begin: func(h hook, m meta, n string, a attrs) span {
			s := h.Begin(m, n, a)
			ended := false
			return ender(func(r ...any) {
				if ended {
					s = h.Begin(m, n, a)
				}
				ended = true
				s.End(r...)
			})
		}}},
		{"End restores what it found, open or not", "spans may end in any order", broken{begin: func(h hook, m meta, n string, a attrs) span {
			found := m.Context()
			s := h.Begin(m, n, a)
			return ender(func(r ...any) {
				s.End(r...)
				m.WithContext(found)
			})
		}}},
		{"panics are swallowed", "End swallowed a panic", broken{begin: func(h hook, m meta, n string, a attrs) span {
			return swallower{h.Begin(m, n, a)}
		}}},
		{"panics are missed", "a span that ended in a panic is ok", broken{begin: func(h hook, m meta, n string, a attrs) span {
			s := h.Begin(m, n, a)
			return ender(func(r ...any) { s.End(r...) })
		}}},
		{"a remote parent is lost", "a parent may be in another process", broken{begin: func(h hook, m meta, n string, a attrs) span {
			if m != nil && !trace.SpanContextFromContext(m.Context()).IsValid() {
				return h.Begin(tracehook.NewMeta(), n, a)
			}
			return h.Begin(m, n, a)
		}}},
		{"the Meta isn't told", "ids are those of the current span", broken{begin: func(h hook, m meta, n string, a attrs) span {
			if m != nil {
				m = tracehook.NewMeta().WithContext(m.Context())
			}
			return h.Begin(m, n, a)
		}}},
		{"odd values panic", "any value may be an attribute", broken{begin: func(h hook, m meta, n string, a attrs) span {
			for _, v := range a {
				_ = fmt.Sprint(map[any]bool{v: true})
			}
			return h.Begin(m, n, a)
		}}},
		{"all use one Meta", "goroutines don't disturb each other", broken{trace: func(h hook, _ meta, n, s string, a attrs) error {
			return h.Trace(tracehook.NewMeta().WithContext(context.Background()), n, s, a)
		}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := hooktest.Check(setup(tt.give))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check = %v, want an error with %q", err, tt.want)
			}
		})
	}
}
