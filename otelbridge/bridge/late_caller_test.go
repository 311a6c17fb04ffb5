package bridge_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// Below the span of a request whose caller, heard of late, wasn't sampled, connections keep what they
// keep below any such caller: errors and slow spans. Where callers don't count, that one doesn't, either.
func TestConnectionsHeedALateCaller(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ config, want, flag string }{
		"respect":                 {"[trace]\ndriver = \"kept\"\n", "failed server", "00"},
		"ignore":                  {"[trace]\ndriver = \"kept\"\nsample = { parent = \"ignore\" }\n", "below child failed server", "01"},
		"an edge":                 {"[trace]\ndriver = \"kept\"\n[otel]\nedge = \"restart\"\n", "below child failed server", "01"},
		"the trace is kept whole": {"[trace]\ndriver = \"kept\"\nsample = { scope = \"trace\" }\n", "below child failed server", "00"},
	} {
		named := "[otel]\npropagators = [\"tracecontext\"]\n" // whatever other tests install
		if strings.Contains(tc.config, "[otel]") {
			named = "propagators = [\"tracecontext\"]\n"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := memory.New()
			b, err := otelbridge.New(t.Context(), parse(t, tc.config+named), withKept(kept))
			if err != nil {
				t.Fatal(err)
			}
			hook, m := b.Hook(), tracehook.NewMeta()
			server := hook.Begin(m, "server", nil)
			m.ParseTraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
			child := hook.Begin(m, "child", nil)
			if header := m.TraceParent(); header[53:] != tc.flag {
				t.Errorf("the child says %s, want the flag %s", header, tc.flag)
			}
			hook.Begin(m, "below", nil).End()
			hook.Begin(m, "failed", nil).End(errors.New("no"))
			child.End()
			server.End()
			if err := b.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range kept.Spans() {
				names = append(names, s.Name())
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != tc.want {
				t.Errorf("kept are %q, want %q", got, tc.want)
			}
			if st := b.Stats().Connections["default"]; st.Offered != 4 {
				t.Errorf("%d of 4 spans were offered", st.Offered)
			}
		})
	}
}
