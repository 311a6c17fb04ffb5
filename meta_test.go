package tracehook_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
	header  = "00-" + traceID + "-" + spanID + "-01"
)

type valueKey struct{}

func TestMetaWithContextSetsAndReturnsTheReceiver(t *testing.T) {
	t.Parallel()
	m := tracehook.NewMeta()
	if m.Context() != context.Background() {
		t.Error("a new Meta isn't on the background context")
	}
	ctx := context.WithValue(t.Context(), valueKey{}, 1)
	if got := m.WithContext(ctx); got != m {
		t.Errorf("WithContext returned %p, want the receiver %p", got, m)
	}
	if m.Context() != ctx {
		t.Error("the context wasn't set")
	}
	m.WithContext(nil) //nolint:staticcheck // nil is what is tested
	if m.Context() != context.Background() {
		t.Error("nil doesn't stand for the background context")
	}
	var zero tracehook.Meta
	if zero.Context() == nil {
		t.Error("the zero Meta has no context")
	}
}

func TestMetaIDsBelongToWhatWasSet(t *testing.T) {
	t.Parallel()
	m := tracehook.NewMeta()
	if m.TraceId() != "" || m.SpanId() != "" || m.ParentSpanId() != "" || m.TraceParent() != "" {
		t.Errorf("a new Meta has ids: %+v", m.Metadata())
	}
	for name, f := range map[string]func(...string) string{
		"TraceId": m.TraceId, "SpanId": m.SpanId, "ParentSpanId": m.ParentSpanId,
		"TraceKind": m.TraceKind, "TraceEntry": m.TraceEntry,
	} {
		if got := f("one"); got != "one" {
			t.Errorf("%s(one) = %q", name, got)
		}
		if got := f(); got != "one" {
			t.Errorf("%s() = %q after setting one", name, got)
		}
	}
	if got := m.TraceParent(); got != "" {
		t.Errorf("TraceParent = %q of ids that are none", got)
	}
	m.TraceId(traceID)
	m.SpanId(spanID)
	if got := m.TraceParent(); got != header {
		t.Errorf("TraceParent = %q, want %q", got, header)
	}
}

func TestMetaParseTraceParent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, give, want string
	}{
		{"sampled", header, header},
		{"not sampled", "00-" + traceID + "-" + spanID + "-00", "00-" + traceID + "-" + spanID + "-00"},
		{"random flag", "00-" + traceID + "-" + spanID + "-03", "00-" + traceID + "-" + spanID + "-03"},
		{"unknown flags", "00-" + traceID + "-" + spanID + "-fd", ""},
		{"unknown flags of a later version are not passed on", "01-" + traceID + "-" + spanID + "-fd", header},
		{"upper case", "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01", ""},
		{"spaces around", " " + header + "\t", ""},
		{"later version", "01-" + traceID + "-" + spanID + "-01-what-else", header},
		{"later version as long", "cc-" + traceID + "-" + spanID + "-01", header},
		{"empty", "", ""},
		{"version ff", "ff-" + traceID + "-" + spanID + "-01", ""},
		{"version zz", "zz-" + traceID + "-" + spanID + "-01", ""},
		{"version 00 with more", header + "-00", ""},
		{"later version glued", "01-" + traceID + "-" + spanID + "-01x", ""},
		{"zero trace id", "00-00000000000000000000000000000000-" + spanID + "-01", ""},
		{"zero span id", "00-" + traceID + "-0000000000000000-01", ""},
		{"not hexadecimal", "00-0af7651916cd43dd8448eb211c80319g-" + spanID + "-01", ""},
		{"flags not hexadecimal", "00-" + traceID + "-" + spanID + "-0x", ""},
		{"too short", header[:54], ""},
		{"no dashes", "00 " + traceID + " " + spanID + " 01", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := tracehook.NewMeta()
			if ok := m.ParseTraceParent(tt.give); ok != (tt.want != "") {
				t.Errorf("ParseTraceParent(%q) = %t", tt.give, ok)
			}
			if got := m.TraceParent(); got != tt.want {
				t.Errorf("TraceParent = %q, want %q", got, tt.want)
			}
			if tt.want == "" {
				return
			}
			if m.TraceId() != traceID || m.ParentSpanId() != spanID || m.SpanId() != "" {
				t.Errorf("ids %s, %q below %s", m.TraceId(), m.SpanId(), m.ParentSpanId())
			}
		})
	}
}

func TestMetaParseTraceParentChangesNothingIfItFails(t *testing.T) {
	t.Parallel()
	m := tracehook.NewMeta()
	m.Metadata(tracehook.Metadata{TraceParent: header, TraceState: "a=b"})
	before := m.Metadata()
	if m.ParseTraceParent("00-nonsense") {
		t.Error("nonsense was accepted")
	}
	if diff := cmp.Diff(before, m.Metadata()); diff != "" {
		t.Errorf("metadata changed (-before +after):\n%s", diff)
	}
	if !m.ParseTraceParent("00-" + traceID + "-00000000000000ff-00") {
		t.Error("a header was refused")
	}
	if got := m.Metadata(); got.TraceState != "" || got.SpanId != "" {
		t.Errorf("what belongs to another header is still there: %+v", got)
	}
}

func TestMetadataSurvivesAHop(t *testing.T) {
	t.Parallel()
	sent := tracehook.Metadata{
		ParentSpanId: "00000000000000aa", TraceParent: "00-" + traceID + "-" + spanID + "-00",
		TraceState: "ot=th:8", Baggage: "user=123",
	}
	m := tracehook.NewMeta()
	got := m.Metadata(sent)
	want := sent
	want.TraceId, want.SpanId = traceID, spanID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Metadata (-want +got):\n%s", diff)
	}
	wire, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"tid":"` + traceID + `","sid":"` + spanID + `","psid":"00000000000000aa",` +
		`"traceparent":"00-` + traceID + `-` + spanID + `-00","tracestate":"ot=th:8","baggage":"user=123"}`
	if string(wire) != text {
		t.Errorf("JSON\n%s\nwant\n%s", wire, text)
	}
	var received tracehook.Metadata
	if err := json.Unmarshal(wire, &received); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, tracehook.NewMeta().Metadata(received)); diff != "" {
		t.Errorf("after the hop (-sent +received):\n%s", diff)
	}
}

func TestMetadataOfAFrameworkThatSendsOnlyIDs(t *testing.T) {
	t.Parallel()
	m := tracehook.NewMeta()
	m.Metadata(tracehook.Metadata{TraceId: traceID, SpanId: spanID, TraceParent: "broken"})
	if got := m.TraceParent(); got != header {
		t.Errorf("TraceParent = %q, want %q", got, header)
	}
	if data, ok := m.Inbound(); !ok || data.TraceParent != header {
		t.Errorf("Inbound = %+v, %t", data, ok)
	}
	m.Metadata(tracehook.Metadata{TraceId: "first"}, tracehook.Metadata{TraceId: "last"})
	if got := m.TraceId(); got != "last" {
		t.Errorf("TraceId = %q, want the last one's", got)
	}
	if _, ok := tracehook.NewMeta().Inbound(); ok {
		t.Error("a new Meta has something inbound")
	}
	if data := tracehook.NewMeta().Metadata(); data != (tracehook.Metadata{}) {
		t.Errorf("a new Meta has metadata %+v", data)
	}
}

func TestMetaForkIsIndependent(t *testing.T) {
	t.Parallel()
	m := tracehook.NewMeta().WithContext(context.WithValue(t.Context(), valueKey{}, "v"))
	m.ParseTraceParent(header)
	m.TraceKind("http")
	m.TraceEntry("/")
	f := m.Fork()
	if f == m || f.Context() != m.Context() || f.TraceParent() != header || f.TraceKind() != "http" || f.TraceEntry() != "/" {
		t.Errorf("the fork differs: %+v", f.Metadata())
	}
	f.WithContext(nil).TraceKind("queue") //nolint:staticcheck // nil stands for Background
	f.TraceId("x")
	if m.Context().Value(valueKey{}) != "v" || m.TraceKind() != "http" || m.TraceId() != traceID {
		t.Error("the fork changed its origin")
	}
}

func TestMetaNilBehavesLikeAnEmptyOne(t *testing.T) {
	t.Parallel()
	var m *tracehook.Meta
	if m.Context() == nil || m.Fork() == nil || m.WithContext(t.Context()) == nil {
		t.Error("nil context or Meta")
	}
	m.Begin("x").End(errors.New("y"))
	if err := m.Trace("x"); err != nil {
		t.Error(err)
	}
	m.Enter(t.Context(), "a", "b", nil)
	if m.Leave(t.Context(), t.Context(), "", "") {
		t.Error("a nil Meta was left")
	}
	if m.TraceId("a") != "a" || m.SpanId("b") != "b" || m.ParentSpanId("c") != "c" {
		t.Error("a setter doesn't return what was set")
	}
	if m.TraceId() != "" || m.TraceKind("a") != "" || m.TraceEntry("b") != "" || m.TraceParent() != "" {
		t.Error("a nil Meta remembers")
	}
	if m.ParseTraceParent("") || !m.ParseTraceParent(header) {
		t.Error("a nil Meta doesn't know a header")
	}
	if _, ok := m.Inbound(); ok {
		t.Error("a nil Meta has something inbound")
	}
	if d := m.Metadata(); d != (tracehook.Metadata{}) {
		t.Errorf("metadata %+v", d)
	}
}

func TestMetaConcurrentSafe(t *testing.T) {
	t.Parallel()
	m := tracehook.NewMeta()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				m.WithContext(t.Context()).ParseTraceParent(header)
				m.Metadata(tracehook.Metadata{TraceId: traceID})
				m.TraceKind("a")
				m.TraceEntry("b")
				m.Fork().TraceParent()
				m.Enter(m.Context(), "", "", nil)
				m.Begin("x").End()
				_, _ = m.SpanId("x"), m.TraceParent()
			}
		})
	}
	all.Wait()
	if m.Context() != t.Context() {
		t.Error("the context is not the one that all have set")
	}
}

func FuzzParseTraceParent(f *testing.F) {
	f.Add(header)
	f.Add("00-" + traceID + "-" + spanID + "-00")
	f.Add("01-" + traceID + "-" + spanID + "-01-x")
	f.Add("zz-00000000000000000000000000000000-0000000000000000-ff")
	f.Fuzz(func(t *testing.T, s string) {
		m := tracehook.NewMeta()
		ok := m.ParseTraceParent(s)
		tp := m.TraceParent()
		if ok != (tp != "") {
			t.Fatalf("ParseTraceParent(%q) = %t, but TraceParent = %q", s, ok, tp)
		}
		if !ok {
			return
		}
		again := tracehook.NewMeta()
		if !again.ParseTraceParent(tp) || again.TraceParent() != tp || again.TraceId() != m.TraceId() {
			t.Fatalf("%q gives %q, which gives %q", s, tp, again.TraceParent())
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add(traceID, spanID, "", header, "a=b", "c=d")
	f.Add("x", "", spanID, "", "", "")
	f.Fuzz(func(t *testing.T, tid, sid, psid, tp, ts, bg string) {
		d := tracehook.Metadata{TraceId: tid, SpanId: sid, ParentSpanId: psid, TraceParent: tp, TraceState: ts, Baggage: bg}
		m := tracehook.NewMeta()
		once := m.Metadata(d)
		if twice := tracehook.NewMeta().Metadata(once); twice != once {
			t.Fatalf("%+v became %+v, then %+v", d, once, twice)
		}
		if got := m.TraceParent(); got != once.TraceParent {
			t.Fatalf("TraceParent %q, in the metadata %q", got, once.TraceParent)
		}
	})
}

// What a stranger sends reaches no header of ours if it could break one.
func TestMetaDropsWhatBreaksHeaders(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{"a\r\nX-Evil: 1", "a\x00", "a\x7f", strings.Repeat("a", 4<<20)} {
		m := tracehook.NewMeta()
		m.TraceId(hostile)
		m.SpanId(hostile)
		m.ParentSpanId(hostile)
		if got := m.Metadata(); got != (tracehook.Metadata{}) {
			t.Errorf("ids: passed on %.80q", got)
		}
		m.Metadata(tracehook.Metadata{TraceId: hostile, SpanId: hostile, ParentSpanId: hostile, TraceParent: hostile, TraceState: hostile, Baggage: hostile})
		if got := m.Metadata(); got != (tracehook.Metadata{}) {
			t.Errorf("metadata: passed on %.80q", got)
		}
	}
	m := tracehook.NewMeta()
	m.TraceId("a framework's own id")
	if got := m.Metadata().TraceId; got != "a framework's own id" {
		t.Errorf("an id of a framework became %q", got)
	}
}
