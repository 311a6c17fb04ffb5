package bridge_test

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/otelbridge"
)

// TestClocksThatRunBackwards ends spans before they have started: they are not slow, and their trace is
// whole or absent like any other.
func TestClocksThatRunBackwards(t *testing.T) {
	t.Parallel()
	b, err := otelbridge.New(t.Context(), parse(t, `
[trace]
driver = "none"
[trace.sample]
scope = "trace"
rate = 0
slow = "1s"
`))
	if err != nil {
		t.Fatal(err)
	}
	tracer := b.TracerProvider().Tracer("test")
	now := time.Now()
	run := func(childTook time.Duration) {
		ctx, root := tracer.Start(t.Context(), "root", trace.WithTimestamp(now))
		_, child := tracer.Start(ctx, "child", trace.WithTimestamp(now.Add(time.Hour)))
		child.End(trace.WithTimestamp(now.Add(time.Hour + childTook)))
		root.End(trace.WithTimestamp(now.Add(-time.Hour)))
	}
	run(-2 * time.Hour)
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := b.Stats(); st.Exported != 0 || st.SampledOut != 2 || st.Held != 0 {
		t.Errorf("%d exported, %d left out, %d held; want 0, 2, 0", st.Exported, st.SampledOut, st.Held)
	}
	run(2 * time.Second) // slow, within a root that ends before it has started
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := b.Stats(); st.Exported != 2 || st.SampledOut != 2 || st.Held != 0 {
		t.Errorf("%d exported, %d left out, %d held; want 2, 2, 0", st.Exported, st.SampledOut, st.Held)
	}
}
