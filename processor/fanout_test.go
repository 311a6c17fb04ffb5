package processor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

func TestFanoutGivesEverySpanToEveryConnection(t *testing.T) {
	t.Parallel()
	a, b := processortest.New(), processortest.New()
	f := open(t, processor.Options{},
		processor.ConnectionConfig{Name: "a", Open: a.Open},
		processor.ConnectionConfig{Name: "b", Open: b.Open, BatchSize: 7})
	end(f, 1, 901)
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]*processortest.Exporter{"a": a, "b": b} {
		if got := len(e.Exported()); got != 900 {
			t.Errorf("%s got %d spans, want 900", name, got)
		}
		if e.Shutdowns() != 1 || e.Misuse() != 0 {
			t.Errorf("%s: %d shutdowns, %d misuses", name, e.Shutdowns(), e.Misuse())
		}
	}
	st := f.Stats()
	mustHold(t, st)
	if st.Connections["a"].Exported != 900 || st.Exported != 1800 || st.Pending != 0 {
		t.Errorf("stats: %+v", st)
	}
}

func TestNewReportsEverythingAndLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	fine := processortest.New()
	var missing *processortest.Exporter
	_, err := processor.New(t.Context(), processor.Options{},
		processor.ConnectionConfig{Name: "fine", Open: fine.Open},
		processor.ConnectionConfig{Name: "refused", Open: func(context.Context) (sdktrace.SpanExporter, error) {
			return nil, errors.New("connection refused")
		}},
		processor.ConnectionConfig{Name: "nil", Open: func(context.Context) (sdktrace.SpanExporter, error) {
			return nil, nil // the mistake under test
		}},
		processor.ConnectionConfig{Name: "typed nil", Open: func(context.Context) (sdktrace.SpanExporter, error) {
			return missing, nil
		}},
		processor.ConnectionConfig{Name: "panics", Open: func(context.Context) (sdktrace.SpanExporter, error) {
			panic("no luck") //nolint:forbidigo // the mistake under test
		}},
		processor.ConnectionConfig{Name: "no function"},
		processor.ConnectionConfig{Name: "no spool", Open: processortest.New().Open, Overflow: processor.OverflowSpool})
	if err == nil {
		t.Fatal("New accepted it")
	}
	for _, want := range []string{
		`connection "refused": open: connection refused`,
		`connection "nil": open: the driver returned neither an exporter nor an error`,
		`connection "typed nil": open: the driver returned neither`,
		`connection "panics": open: the driver panicked: no luck`,
		`connection "no function": open: there is no function`,
		`connection "no spool": overflow "spool" needs an exporter with a spool`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), `"fine"`) {
		t.Errorf("the error blames a good connection:\n%v", err)
	}
	if fine.Shutdowns() != 1 {
		t.Errorf("the good exporter was shut down %d times, want 1", fine.Shutdowns())
	}
}

func TestNewRefusesListsThatContradictThemselves(t *testing.T) {
	t.Parallel()
	opened := 0
	openIt := func(ctx context.Context) (sdktrace.SpanExporter, error) {
		opened++
		return processortest.New().Open(ctx)
	}
	_, err := processor.New(t.Context(), processor.Options{},
		processor.ConnectionConfig{Name: "a", Open: openIt, Claims: []string{"file:/x"}},
		processor.ConnectionConfig{Name: "a", Open: openIt},
		processor.ConnectionConfig{Open: openIt},
		processor.ConnectionConfig{Name: "b", Open: openIt, Claims: []string{"file:/x"}, Overflow: 9})
	if err == nil {
		t.Fatal("New accepted it")
	}
	for _, want := range []string{
		`connection "a" is there twice`, `connection 3 of 4 has no name`,
		`connections "a" and "b" both claim "file:/x"`, `connection "b": overflow 9 is unknown`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if opened != 0 {
		t.Errorf("%d exporters were opened for a list that can't be used", opened)
	}
}

func TestSizesThatCannotBeUsedGetDefaults(t *testing.T) {
	t.Parallel()
	e := processortest.New()
	f := open(t, processor.Options{}, processor.ConnectionConfig{
		Name: "odd", Open: e.Open, QueueSize: -5, BatchSize: 1 << 30, Schedule: -1, ExportTimeout: -1, BlockTimeout: -1,
	})
	end(f, 1, 101)
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.Stats().Connections["odd"].QueueCap; got != processor.DefaultDropQueueSize {
		t.Errorf("the queue has %d places, want %d", got, processor.DefaultDropQueueSize)
	}
	if len(e.Exported()) != 100 || len(e.Calls()) != 1 {
		t.Errorf("%d spans in %d exports, want 100 in 1", len(e.Exported()), len(e.Calls()))
	}
}

func TestZeroFanoutIgnoresEverything(t *testing.T) {
	t.Parallel()
	var f processor.Fanout
	f.OnEnd(processortest.Span(1))
	if err := errors.Join(f.ForceFlush(t.Context()), f.Shutdown(t.Context())); err != nil {
		t.Error(err)
	}
	if err := f.Reload(t.Context()); err == nil {
		t.Error("it was reloaded")
	}
	if st := f.Stats(); st.Started || st.Offered != 0 {
		t.Errorf("stats: %+v", st)
	}
	if h := f.Health(); h.State != processor.StateOK {
		t.Errorf("health: %+v", h)
	}
}
