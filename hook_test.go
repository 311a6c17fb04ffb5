package tracehook_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook"
)

// recorder notes how it was called.
type recorder struct {
	mu     sync.Mutex
	begun  []call
	traced []call
	none   bool // Begin returns nil
}

type call struct {
	Meta         bool
	Name, Status string
	Attrs        tracehook.Map
}

func (r *recorder) Begin(m *tracehook.Meta, name string, attrs tracehook.Map) tracehook.TraceSpan {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = append(r.begun, call{m != nil, name, "", attrs})
	if r.none {
		return nil
	}
	return r
}

func (r *recorder) Trace(m *tracehook.Meta, name, status string, attrs tracehook.Map) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.traced = append(r.traced, call{m != nil, name, status, attrs})
	return context.Canceled
}

func (*recorder) End(...any) {}

type counting struct{ recorder }

func (*counting) Stats() map[string]any { return map[string]any{"started": true} }

func (*counting) Inspect(ctx context.Context) tracehook.Position {
	if ctx.Value(valueKey{}) == nil {
		return tracehook.Position{Baggage: "a=b"}
	}
	return tracehook.Position{
		TraceParent: header, TraceState: "x=y", ParentSpanId: "00000000000000aa", Remote: ctx.Value(valueKey{}) == "remote",
	}
}

// TestAttach is about the one hook of the process, so nothing in it may run in parallel.
func TestAttach(t *testing.T) { // not parallel: Attach is process-wide
	t.Cleanup(func() { tracehook.Attach(nil) })
	m := tracehook.NewMeta()

	t.Run("with none attached nothing happens", func(t *testing.T) {
		tracehook.Attach(nil)
		m.Begin("x", tracehook.Map{"a": 1}).End()
		if err := m.Trace("x"); err != nil {
			t.Errorf("Trace: %v", err)
		}
		if s := tracehook.Stats(); s != nil {
			t.Errorf("Stats = %v", s)
		}
		if n := testing.AllocsPerRun(100, func() { m.Begin("x").End() }); n != 0 {
			t.Errorf("Begin allocates %v times for nobody", n)
		}
	})
	t.Run("attributes are merged and status is taken out", func(t *testing.T) {
		r := &recorder{}
		tracehook.Attach(r)
		given := tracehook.Map{"status": " Error", "a": 1}
		m.Begin("one", given)
		m.Begin("two", tracehook.Map{"a": 1, "b": 1}, nil, tracehook.Map{"b": 2})
		var none *tracehook.Meta
		none.Begin("nil").End()
		_ = m.Trace("event", given, tracehook.Map{"c": 3})
		_ = m.Trace("numeric", tracehook.Map{"status": 1})
		if err := none.Trace("nil"); err != context.Canceled { //nolint:errorlint // handed on as it is
			t.Errorf("Trace = %v, want what the hook returned", err)
		}
		wantBegun := []call{{true, "one", "", given}, {true, "two", "", tracehook.Map{"a": 1, "b": 2}}, {true, "nil", "", nil}}
		wantTraced := []call{
			{true, "event", "error", tracehook.Map{"a": 1, "c": 3}},
			{true, "numeric", "", tracehook.Map{"status": 1}},
			{true, "nil", "", nil},
		}
		if diff := cmp.Diff(wantBegun, r.begun); diff != "" {
			t.Errorf("begun (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(wantTraced, r.traced); diff != "" {
			t.Errorf("traced (-want +got):\n%s", diff)
		}
		if len(given) != 2 {
			t.Errorf("the caller's map was changed: %v", given)
		}
		if s := tracehook.Stats(); s != nil {
			t.Errorf("Stats = %v of a hook without", s)
		}
	})
	t.Run("a span is never nil", func(t *testing.T) {
		tracehook.Attach(&recorder{none: true})
		m.Begin("x").End()
	})
	t.Run("the hook says where a Meta is", func(t *testing.T) {
		tracehook.Attach(&counting{})
		if s := tracehook.Stats(); s["started"] != true {
			t.Errorf("Stats = %v", s)
		}
		own := tracehook.NewMeta().WithContext(context.WithValue(t.Context(), valueKey{}, "own"))
		own.SpanId("ignored while a span is current")
		want := tracehook.Metadata{TraceId: traceID, SpanId: spanID, ParentSpanId: "00000000000000aa", TraceParent: header, TraceState: "x=y"}
		if diff := cmp.Diff(want, own.Metadata()); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
		if own.TraceId() != traceID || own.SpanId() != spanID || own.ParentSpanId() != "00000000000000aa" || own.TraceParent() != header {
			t.Error("the ids aren't the current span's")
		}
		remote := tracehook.NewMeta().WithContext(context.WithValue(t.Context(), valueKey{}, "remote"))
		if remote.TraceId() != traceID || remote.SpanId() != "" || remote.ParentSpanId() != spanID || remote.TraceParent() != header {
			t.Error("a remote span isn't the parent")
		}
		if b := tracehook.NewMeta().Metadata().Baggage; b != "a=b" {
			t.Errorf("baggage %q", b)
		}
		var zero tracehook.Meta
		if zero.TraceId() != "" {
			t.Error("the zero Meta is in a trace")
		}
	})
	t.Run("the hook that began a span is asked first", func(t *testing.T) {
		tracehook.Attach(&recorder{})
		var entered tracehook.Meta
		entered.Enter(context.WithValue(t.Context(), valueKey{}, "own"), "http", "/", &counting{})
		if entered.SpanId() != spanID || entered.TraceKind() != "http" || entered.TraceEntry() != "/" {
			t.Errorf("span id %q", entered.SpanId())
		}
		if f := entered.Fork(); f.SpanId() != spanID {
			t.Errorf("span id of a fork %q", f.SpanId())
		}
	})
}

func TestAttachConcurrentSafe(t *testing.T) { // not parallel: Attach is process-wide
	t.Cleanup(func() { tracehook.Attach(nil) })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				tracehook.Attach(&counting{})
				tracehook.NewMeta().Begin("x").End()
				tracehook.Stats()
				tracehook.Attach(nil)
			}
		})
	}
	all.Wait()
	if tracehook.Stats() != nil {
		t.Error("a hook is attached after all have detached")
	}
}
