package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
)

// TestTailSamplerBehindOurs sends a quarter of the traces and every error to a Collector
// whose tail sampler keeps traces with an error: all errors must come through both, and
// nothing of a trace without one.
func TestTailSamplerBehindOurs(t *testing.T) {
	t.Parallel()
	c := start(t)
	b, ended := open(t, fmt.Sprintf(`
[trace.tail]
driver = "otlp"
setting = { endpoint = "http://%s" }
sample = { rate = 0.25, error = true }
`, c.Tail))
	tracer := b.TracerProvider().Tracer("e2e")
	const traces = 400
	failed := map[string]bool{}
	for i := range traces {
		ctx, root := tracer.Start(t.Context(), "root")
		_, child := tracer.Start(ctx, "child")
		if i%10 == 0 {
			child.SetStatus(codes.Error, "broken")
			failed[child.SpanContext().TraceID().String()] = true
		}
		child.End()
		root.End()
	}
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := b.Stats().Connections["tail"].Exported
	if share := float64(sent) / float64(2*traces); share < 0.2 || share > 0.4 {
		t.Errorf("%.0f %% of the spans were sent, want about 30 %%", share*100)
	}
	c.wait(t, "tail", len(failed))
	time.Sleep(time.Second) // the sampler has decided about everything by then
	errors, whole := 0, 0
	for _, r := range read(t, c.file("tail")) {
		id := r.span.TraceID().String()
		switch {
		case !failed[id]:
			t.Errorf("span %q of trace %s came through, which has no error", r.span.Name(), id)
		case r.span.Name() == "child":
			errors++
		default:
			whole++
		}
	}
	if errors != len(failed) {
		t.Errorf("%d of %d errors came through both samplers", errors, len(failed))
	}
	// The root of a failed trace comes with it where our own rate kept it too.
	if whole == 0 || whole == len(failed) {
		t.Errorf("%d of %d failed traces are whole, want some", whole, len(failed))
	}
	if len(ended.Ended()) != 2*traces {
		t.Errorf("%d spans ended", len(ended.Ended()))
	}
}
