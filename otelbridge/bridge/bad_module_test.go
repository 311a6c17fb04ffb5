package bridge_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// step is a step of the life of a Module, as a framework or a test of its application may take it.
type step func(m *module)

// Whatever the order of the steps, the Module takes what it can get, says what is odd, and never
// panics or waits.
func TestModulesInAnyOrder(t *testing.T) {
	t.Parallel()
	trace := func(section map[string]any) step {
		return func(m *module) { m.Config(map[string]any{"trace": section}) }
	}
	kept := trace(map[string]any{"driver": "kept"})
	setup, open, stop, end := (*module).Setup, (*module).Open, (*module).Stop, (*module).Close
	span := func(name string) step {
		return func(m *module) { m.Begin(tracehook.NewMeta(), name, nil).End() }
	}
	limit := func(d string) step {
		return func(m *module) { m.Config(map[string]any{"otel": map[string]any{"shutdown_timeout": d}}) }
	}
	for name, tc := range map[string]struct {
		steps []step
		want  string // what is exported
		says  string // in the log
	}{
		"as it should be":             {[]step{kept, setup, open, span("a"), stop, end}, "a", ""},
		"configured twice":            {[]step{kept, kept, setup, open, span("a"), stop, end}, "a", ""},
		"configured after Setup":      {[]step{kept, setup, trace(map[string]any{"driver": "none"}), open, span("a"), stop, end}, "a", "comes after the trace module has been set up is ignored"},
		"configured after Open":       {[]step{kept, open, trace(map[string]any{"driver": "none"}), span("a"), stop, end}, "a", "is ignored"},
		"set up twice":                {[]step{kept, setup, setup, open, span("a"), stop, end}, "a", ""},
		"opened twice":                {[]step{kept, setup, open, span("a"), open, span("b"), stop, end}, "a b", ""},
		"opened without Setup":        {[]step{kept, open, span("a"), stop, end}, "a", ""},
		"stopped before Open":         {[]step{kept, setup, stop, open, span("a"), stop, end}, "a", ""},
		"stopped before everything":   {[]step{stop, end, kept, setup, open, span("a"), stop, end}, "a", ""},
		"closed before Open":          {[]step{kept, setup, end, open, span("a"), stop, end}, "a", ""},
		"stopped twice":               {[]step{kept, open, span("a"), stop, stop, span("b"), end}, "a b", ""},
		"closed twice":                {[]step{kept, open, span("a"), end, end}, "a", ""},
		"closed without Stop":         {[]step{kept, open, span("a"), end}, "a", ""},
		"opened again":                {[]step{kept, open, span("a"), stop, end, setup, open, span("b"), stop, end}, "a b", ""},
		"started before Open":         {[]step{kept, (*module).Start, open, (*module).Start, span("a"), stop, end}, "a", ""},
		"used before Setup":           {[]step{span("early"), kept, open, span("a"), stop, end}, "a", ""},
		"used after Close":            {[]step{kept, open, span("a"), stop, end, span("late")}, "a", ""},
		"no configuration but nil":    {[]step{func(m *module) { m.Config(nil) }, kept, open, span("a"), end}, "a", ""},
		"a section that is no table":  {[]step{func(m *module) { m.Config(map[string]any{"trace": 3}) }, open, span("a"), end}, "", "trace"},
		"registered without a name":   {[]step{func(m *module) { m.Register("", nil) }, kept, open, span("a"), end}, "a", ""},
		"a Meta that is nil":          {[]step{kept, open, func(m *module) { m.Begin(nil, "a", nil).End() }, end}, "a", ""},
		"a span that ends after all":  {[]step{kept, limit("100ms"), open, func(m *module) { s := m.Begin(nil, "late", nil); m.Stop(); m.Close(); s.End() }}, "", "spans that are still open will be lost"},
		"a span that ends at the end": {[]step{kept, open, func(m *module) { s := m.Begin(nil, "a", nil); m.Stop(); s.End(); m.Close() }}, "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans, log := memory.New(), &lines{}
			m := newModule(log.option(), withReusable(spans))
			for _, do := range tc.steps {
				do(m)
				_, _, _ = m.Err(), m.Stats(), m.Bridge().Health()
			}
			var names []string
			for _, s := range spans.Spans() {
				names = append(names, s.Name())
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != tc.want {
				t.Errorf("exported are %q, want %q", got, tc.want)
			}
			if !strings.Contains(log.String(), tc.says) {
				t.Errorf("the log has no %q:\n%s", tc.says, log)
			}
		})
	}
}

// reusable can be used again after Shutdown.
type reusable struct{ *memory.Exporter }

func (reusable) Shutdown(context.Context) error { return nil }

func withReusable(spans *memory.Exporter) otelbridge.Option {
	return otelbridge.WithDriver("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		return reusable{spans}, nil
	})
}

// Close waits for a span that is open, says so, and exports it.
func TestAModuleWaitsForSpansThatAreOpen(t *testing.T) {
	t.Parallel()
	spans, log := memory.New(), &lines{}
	m := newModule(log.option(), withReusable(spans))
	m.Config(map[string]any{"trace": map[string]any{"driver": "kept"}, "otel": map[string]any{"shutdown_timeout": "5m"}})
	m.Open()
	span := m.Begin(nil, "a", nil)
	closed := make(chan struct{})
	go func() { m.Stop(); m.Close(); close(closed) }()
	for deadline := time.Now().Add(patience); !strings.Contains(log.String(), "waiting for spans that are open") && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	span.End()
	<-closed
	if spans.Len() != 1 || !strings.Contains(log.String(), "waiting for spans that are open") {
		t.Errorf("%d spans are exported; the log is\n%s", spans.Len(), log)
	}
}

// A Module that nobody closes exports all the same.
func TestAModuleThatIsNeverClosed(t *testing.T) {
	t.Parallel()
	spans := memory.New()
	m := newModule(quiet(), withKept(spans))
	t.Cleanup(m.Close) // of the test's own goroutines
	m.Config(map[string]any{"trace": map[string]any{"driver": "kept"}})
	m.Open()
	m.Begin(nil, "a", nil).End()
	for deadline := time.Now().Add(patience); spans.Len() == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if spans.Len() != 1 {
		t.Error("nothing was exported")
	}
}

func TestModuleConcurrentSafe(t *testing.T) {
	t.Parallel()
	spans := memory.New()
	m := newModule(quiet(), withReusable(spans))
	m.Config(map[string]any{"trace": map[string]any{"driver": "kept"}})
	steps := []step{
		(*module).Setup, (*module).Open, (*module).Start, (*module).Stop, (*module).Close,
		func(m *module) { m.Begin(tracehook.NewMeta(), "s", nil).End() },
		func(m *module) { _, _, _ = m.Err(), m.Stats(), m.Bridge() },
		func(m *module) { m.Register("driver", &infraDriver{}); m.Config(map[string]any{"http": 1}) },
	}
	var group sync.WaitGroup
	for _, do := range steps {
		group.Go(func() {
			for range 20 {
				do(m)
			}
		})
	}
	group.Wait()
	m.Close()
	before := spans.Len()
	m.Open()
	m.Begin(tracehook.NewMeta(), "after all that", nil).End()
	m.Close()
	if n := spans.Len() - before; n != 1 {
		t.Errorf("%d spans are exported afterwards, want 1", n)
	}
}
