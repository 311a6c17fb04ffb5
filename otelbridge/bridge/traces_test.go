package bridge_test

import (
	"testing"

	"go.opentelemetry.io/otel/codes"
)

// Failing traces are whole, others are whole or absent.
func TestWholeTraces(t *testing.T) {
	t.Parallel()
	b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\n[trace.sample]\nrate = 0.1\nscope = \"trace\"\nrules = [ { name = \"slow\", sample = 0.5 } ]\n")
	tracer := b.TracerProvider().Tracer("test")
	const traces = 2000
	for i := range traces {
		ctx, root := tracer.Start(t.Context(), "root")
		ctx, middle := tracer.Start(ctx, "middle")
		_, leaf := tracer.Start(ctx, "leaf")
		if i%10 == 0 {
			leaf.SetStatus(codes.Error, "")
		}
		leaf.End()
		middle.End()
		root.End()
	}
	st := b.Stats()
	if st.Held != 0 || st.OpenSpans != 0 || st.TracesDecided != traces {
		t.Errorf("held %d, open %d, decided %d", st.Held, st.OpenSpans, st.TracesDecided)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := map[string]int{}
	for _, s := range kept.Spans() {
		spans[s.SpanContext().TraceID().String()]++
	}
	for id, n := range spans {
		if n != 3 {
			t.Errorf("trace %s has %d spans of 3", id, n)
		}
	}
	if n := len(spans); n < traces/10+traces/20 || n > traces/10+traces/5 {
		t.Errorf("%d traces", n)
	}
	st = b.Stats()
	if c := st.Connections["default"]; c.Offered != 3*traces || c.Exported != int64(len(kept.Spans())) {
		t.Errorf("%+v", c.Counters)
	}
}
