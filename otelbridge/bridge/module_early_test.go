package bridge_test

import (
	"context"
	"errors"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// Between Setup and Open there is a Bridge without connections: what ends there has ids and a sampled
// flag as later ones, and counts as dropped.closed of each connection that is opened.
func TestWhatEndsBetweenSetupAndOpenIsCounted(t *testing.T) {
	t.Parallel()
	a, b := memory.New(), memory.New()
	m := newModule(quiet(), withKept(a), otelbridge.WithDriver("other", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return b, nil }))
	m.Config(map[string]any{"trace": map[string]any{"a": map[string]any{"driver": "kept"}, "b": map[string]any{"driver": "other"}}})
	m.Begin(tracehook.NewMeta(), "nobody's", nil).End()
	m.Setup()
	meta := tracehook.NewMeta()
	span := m.Begin(meta, "early", nil)
	if header := meta.TraceParent(); len(header) != 55 || header[53:] == "00" {
		t.Errorf("an early span has the header %q", header)
	}
	span.End()
	spans(2, m.Bridge().TracerProvider())
	if st := m.Bridge().Stats(); st.Dropped.Closed != 3 || st.Offered != 3 || st.ConnectionCount != 0 || !st.Started {
		t.Errorf("before Open: %d dropped, %d offered, %d connections, started %t", st.Dropped.Closed, st.Offered, st.ConnectionCount, st.Started)
	}
	across := m.Begin(tracehook.NewMeta(), "across", nil)
	m.Open()
	across.End()
	spans(4, m.Bridge().TracerProvider())
	st := m.Bridge().Stats()
	for name, c := range st.Connections {
		if c.Dropped.Closed != 3 || c.Offered != 8 || c.Accepted != 5 {
			t.Errorf("%s: %d dropped, %d offered, %d accepted", name, c.Dropped.Closed, c.Offered, c.Accepted)
		}
	}
	if st.Dropped.Closed != 6 || len(st.Connections) != 2 {
		t.Errorf("%d dropped on %d connections", st.Dropped.Closed, len(st.Connections))
	}
	m.Stop()
	var loss *otelbridge.LossError
	if err := m.Err(); !errors.As(err, &loss) || loss.Connections["a"].Dropped != 3 || loss.Connections["b"].Dropped != 3 {
		t.Errorf("Err is %v", err)
	}
	m.Close()
	if a.Len() != 5 || b.Len() != 5 {
		t.Errorf("a has %d, b %d of 5 spans", a.Len(), b.Len())
	}
}

// Closed without ever having been opened, the Module has lost what it was given, and says so.
func TestAModuleThatIsClosedBeforeItIsOpened(t *testing.T) {
	t.Parallel()
	kept := memory.New()
	m := newModule(quiet(), withKept(kept))
	m.Config(map[string]any{"trace": map[string]any{"driver": "kept"}})
	m.Setup()
	spans(2, m.Bridge().TracerProvider())
	m.Stop()
	m.Close()
	if n := m.Stats()["dropped"].(map[string]any)["closed"].(int64); n != 2 || kept.Len() != 0 { //nolint:errcheck // the keys of Stats
		t.Errorf("%v dropped, %d exported", n, kept.Len())
	}
	m.Open()
	spans(1, m.Bridge().TracerProvider())
	m.Close()
	if kept.Len() != 1 {
		t.Errorf("opened again, it exports %d of 1 spans", kept.Len())
	}
}
