package otelhook_test

import (
	"testing"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook"
)

const unsampledHeader = "00-" + remoteTrace + "-" + remoteSpan + "-00"

// A caller whose header is parsed below the request's open span decides the sampled flag of what is
// begun afterwards; the span itself has been decided about.
func TestALateCallerDecidesTheSampledFlag(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		root    sdktrace.Sampler
		receive func(h *ownHook, m *tracehook.Meta)
		want    string // flags of the server, its child and its grandchild
	}{
		"sampled here, not there":     {sdktrace.AlwaysSample(), func(_ *ownHook, m *tracehook.Meta) { m.ParseTraceParent(unsampledHeader) }, "01 00 00"},
		"not sampled here, but there": {sdktrace.NeverSample(), func(_ *ownHook, m *tracehook.Meta) { m.ParseTraceParent(remoteHeader) }, "00 01 01"},
		"the same":                    {sdktrace.AlwaysSample(), func(_ *ownHook, m *tracehook.Meta) { m.ParseTraceParent(remoteHeader) }, "01 01 01"},
		"metadata":                    {sdktrace.AlwaysSample(), func(_ *ownHook, m *tracehook.Meta) { m.Metadata(tracehook.Metadata{TraceParent: unsampledHeader}) }, "01 00 00"},
		"extracted": {sdktrace.AlwaysSample(), func(h *ownHook, m *tracehook.Meta) {
			h.Extract(m, propagation.MapCarrier{"traceparent": unsampledHeader})
		}, "01 00 00"},
		"the last counts": {sdktrace.AlwaysSample(), func(_ *ownHook, m *tracehook.Meta) {
			m.ParseTraceParent(unsampledHeader)
			m.Context()
			m.ParseTraceParent(remoteHeader)
		}, "01 01 01"},
		"ids alone":     {sdktrace.AlwaysSample(), func(_ *ownHook, m *tracehook.Meta) { m.TraceId(remoteTrace); m.SpanId(remoteSpan) }, "01 01 01"},
		"nothing valid": {sdktrace.AlwaysSample(), func(_ *ownHook, m *tracehook.Meta) { m.ParseTraceParent("00-zz") }, "01 01 01"},
		"its own trace": {sdktrace.AlwaysSample(), func(_ *ownHook, m *tracehook.Meta) { h := m.TraceParent(); m.ParseTraceParent(h[:53] + "00") }, "01 01 01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook, _, _ := newHook(t, sdktrace.WithSampler(sdktrace.ParentBased(tc.root)))
			m := tracehook.NewMeta()
			server := hook.Begin(m, "server", nil)
			flags := m.TraceParent()[53:]
			own := m.TraceId()
			tc.receive(hook, m)
			forked := m.Fork()
			for _, unit := range []*tracehook.Meta{m, forked} {
				got := flags
				child := hook.Begin(unit, "child", nil)
				got += " " + unit.TraceParent()[53:]
				grandchild := hook.Begin(unit, "grandchild", nil)
				got += " " + unit.TraceParent()[53:]
				if got != tc.want {
					t.Errorf("flags %s, want %s", got, tc.want)
				}
				if unit.TraceId() != own {
					t.Errorf("the children are in trace %s, their parent in %s", unit.TraceId(), own)
				}
				grandchild.End()
				child.End()
			}
			server.End()
		})
	}
}
