package otelhook

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
)

// Write records a span that is over: it began at start and ended at end, below the span in ctx. attrs
// are those of Begin.
func (h *Hook[M, S]) Write(ctx context.Context, name string, attrs map[string]any, start, end time.Time) {
	if h.err == nil {
		h.write(ctx, name, attrs, start, end)
	}
}

func (t *tracing) write(ctx context.Context, name string, attrs map[string]any, start, end time.Time) {
	s := span{unit: tracehook.NewMeta().WithContext(ctx)}
	b := scratchPool.Get()
	var w words
	b.read(attrs, &w)
	b.at = trace.WithTimestamp(start)
	t.start(&s, b, name, &w)
	if w.failed() {
		setFailed(s.otel, w.message())
	}
	s.otel.End(trace.WithTimestamp(end))
}
