package otelhook_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

// A framework's interface is satisfied without an import in either direction.
var _ infraTraceHook = (*otelhook.Hook[*infraMeta, infraTraceSpan])(nil)

const (
	remoteTrace  = "0af7651916cd43dd8448eb211c80319c"
	remoteSpan   = "b7ad6b7169203331"
	remoteHeader = "00-" + remoteTrace + "-" + remoteSpan + "-01"
)

type metaIDs struct{ Trace, Span, Parent, Kind, Entry string }

func idsOf(m *infraMeta) metaIDs {
	return metaIDs{m.TraceId(), m.SpanId(), m.ParentSpanId(), m.TraceKind(), m.TraceEntry()}
}

func TestHookTellsAFrameworksMetaItsIDs(t *testing.T) {
	t.Parallel()
	_, tp, exp := newHook(t)
	var hook infraTraceHook = otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	m := newInfraMeta()
	m.TraceKind("cron")
	before := idsOf(m)
	outer := hook.Begin(m, "outer", infraMap{"kind": "http", "target": "/"})
	inOuter := idsOf(m)
	inner := hook.Begin(m, "inner", nil)
	inInner := idsOf(m)
	_ = hook.Trace(m, "event", "", nil)
	inner.End()
	if diff := cmp.Diff(inOuter, idsOf(m)); diff != "" {
		t.Errorf("after the inner span (-before it +after it):\n%s", diff)
	}
	outer.End()
	if diff := cmp.Diff(before, idsOf(m)); diff != "" {
		t.Errorf("after the outer span (-before it +after it):\n%s", diff)
	}

	spans := byName(t, exp)
	o, i := spans["outer"], spans["inner"]
	if want := (metaIDs{o.SpanContext.TraceID().String(), o.SpanContext.SpanID().String(), "", "http", "/"}); inOuter != want {
		t.Errorf("in the outer span the Meta had %+v, want %+v", inOuter, want)
	}
	if want := (metaIDs{o.SpanContext.TraceID().String(), i.SpanContext.SpanID().String(), o.SpanContext.SpanID().String(), "http", "/"}); inInner != want {
		t.Errorf("in the inner span the Meta had %+v, want %+v", inInner, want)
	}
	if spans["event"].Parent.SpanID() != i.SpanContext.SpanID() {
		t.Error("the event isn't below the inner span")
	}
	for name, kind := range map[string]trace.SpanKind{"outer": trace.SpanKindServer, "inner": trace.SpanKindInternal, "event": trace.SpanKindInternal} {
		if spans[name].SpanKind != kind {
			t.Errorf("%s has kind %v, want %v: an inherited word isn't another request", name, spans[name].SpanKind, kind)
		}
	}
}

func TestHookFindsTheParentThatIDsName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		prepare       func(m *infraMeta)
		trace, parent string
	}{
		{"received over a bus", func(m *infraMeta) { m.TraceId(remoteTrace); m.SpanId(remoteSpan) }, remoteTrace, remoteSpan},
		{"parsed from a header", func(m *infraMeta) { m.Parse(remoteTrace, remoteSpan) }, remoteTrace, remoteSpan},
		{"upper case", func(m *infraMeta) { m.Parse(strings.ToUpper(remoteTrace), strings.ToUpper(remoteSpan)) }, remoteTrace, remoteSpan},
		{"a trace id alone", func(m *infraMeta) { m.TraceId(remoteTrace) }, remoteTrace, ""},
		{"a broken span id", func(m *infraMeta) { m.Parse(remoteTrace, "sp18e9") }, remoteTrace, ""},
		{"ids of another making", func(m *infraMeta) { m.Parse("tr18e9", "sp18e9") }, "", ""},
		{"zeros", func(m *infraMeta) { m.Parse(strings.Repeat("0", 32), remoteSpan) }, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, tp, exp := newHook(t)
			hook := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
			m := newInfraMeta()
			tt.prepare(m)
			before := idsOf(m)
			hook.Begin(m, "first", nil).End()
			if diff := cmp.Diff(before, idsOf(m)); diff != "" {
				t.Errorf("ids after the span (-before +after):\n%s", diff)
			}
			hook.Begin(m, "second", nil).End()
			for name, s := range byName(t, exp) {
				traceID, parent := s.SpanContext.TraceID().String(), ""
				if s.Parent.SpanID().IsValid() {
					parent = s.Parent.SpanID().String()
				}
				if (tt.trace != "" && traceID != tt.trace) || traceID == "" || parent != tt.parent {
					t.Errorf("%s is in trace %s below %q, want trace %s below %q", name, traceID, parent, tt.trace, tt.parent)
				}
				if s.Parent.IsRemote() != (tt.parent != "") {
					t.Errorf("%s: remote is %t", name, s.Parent.IsRemote())
				}
			}
		})
	}
}

func TestHookIgnoresAHeaderParsedUnderAnOpenSpan(t *testing.T) {
	t.Parallel()
	_, tp, exp := newHook(t)
	hook := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	m := newInfraMeta()
	server := hook.Begin(m, "server", nil)
	m.Parse(remoteTrace, remoteSpan) // what the framework's HTTP module does, too late
	hook.Begin(m, "child", nil).End()
	m.Parse(remoteTrace, remoteSpan)
	server.End()
	if m.TraceId() != remoteTrace || m.SpanId() != "" {
		t.Errorf("the parsed ids are lost: %+v", idsOf(m))
	}
	hook.Begin(m, "next", nil).End()

	spans := byName(t, exp)
	s := spans["server"]
	if s.Parent.IsValid() || s.SpanContext.TraceID().String() == remoteTrace {
		t.Error("an open span moved to another trace")
	}
	if len(s.Links) != 1 || s.Links[0].SpanContext.SpanID().String() != remoteSpan {
		t.Errorf("links %+v, want one to the caller's span", s.Links)
	}
	if len(spans["child"].Links) != 0 || spans["child"].Parent.SpanID() != s.SpanContext.SpanID() {
		t.Error("the child isn't below the server span")
	}
	if spans["next"].Parent.SpanID().String() != remoteSpan {
		t.Error("the next span isn't below the caller's")
	}
}

// plainMeta has what a Carrier needs and nothing else.
type plainMeta struct {
	ctx context.Context // a Carrier
	ids [3]string
}

func (m *plainMeta) Context() context.Context                   { return m.ctx }
func (m *plainMeta) WithContext(ctx context.Context) *plainMeta { m.ctx = ctx; return m }
func (m *plainMeta) TraceId(v ...string) string                 { return set(&m.ids[0], v) } //nolint:revive // the framework\'s spelling
func (m *plainMeta) SpanId(v ...string) string                  { return set(&m.ids[1], v) } //nolint:revive // the framework\'s spelling
func (m *plainMeta) ParentSpanId(v ...string) string            { return set(&m.ids[2], v) } //nolint:revive // the framework\'s spelling

func set(f *string, v []string) string {
	if len(v) > 0 {
		*f = v[0]
	}
	return *f
}

// richSpan asks for more than End.
type richSpan interface {
	End(results ...any)
	Name() string
}

type namedSpan struct{ otelhook.Ender }

func (namedSpan) Name() string { return "rich" }

func TestNewHookChecksTheSpanType(t *testing.T) {
	t.Parallel()
	_, tp, exp := newHook(t)
	without := otelhook.NewHook[*plainMeta, richSpan](tp)
	if err := without.Err(); err == nil || !strings.Contains(err.Error(), "richSpan") {
		t.Errorf("Err = %v, want one that names the type", err)
	}
	if s := without.Begin(&plainMeta{}, "x", nil); s != nil {
		t.Errorf("Begin = %v", s)
	}
	if err := without.Trace(&plainMeta{}, "x", "", nil); err != nil {
		t.Errorf("Trace: %v", err)
	}
	wrong := otelhook.NewHook[*plainMeta, richSpan](tp, otelhook.WithSpan(func(e otelhook.Ender) namedSpan { return namedSpan{e} }))
	if err := wrong.Err(); err == nil || !strings.Contains(err.Error(), "WithSpan") {
		t.Errorf("Err = %v, want one about WithSpan", err)
	}
	if n := len(exp.GetSpans()); n != 0 {
		t.Errorf("%d spans of hooks that can't make any", n)
	}

	with := otelhook.NewHook[*plainMeta, richSpan](tp, nil, otelhook.WithSpan(func(e otelhook.Ender) richSpan { return namedSpan{e} }))
	if err := with.Err(); err != nil {
		t.Fatal(err)
	}
	m := &plainMeta{}
	s := with.Begin(m, "x", nil)
	if s.Name() != "rich" || m.SpanId() == "" {
		t.Errorf("span %v, Meta %v", s, m.ids)
	}
	s.End(errors.New("no"))
	if m.SpanId() != "" {
		t.Errorf("after End the Meta has span id %s", m.SpanId())
	}
	if got := byName(t, exp)["x"]; got.Status.Code != codes.Error {
		t.Errorf("status %v", got.Status)
	}
}
